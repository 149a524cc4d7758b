// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QSet>

#include <vector>

#include "deviceconfig.h"
#include "point.h"

namespace tagwire::ws {

/// A kind of device: the fields of its payloads, ready to be looked up. Plain class, never changed.
class Model {
 public:
  struct Field {
    QString path;  ///< as in the point's name: "battery/voltage"
    FieldConfig rules;
  };

  Model(QString name, const ModelConfig &config);

  const QString &name() const { return m_name; }
  UnknownFields unknownFields() const { return m_unknownFields; }
  const std::vector<Field> &fields() const { return m_fields; }
  /// The place of a path ("battery/voltage", UTF-8) in fields(); -1 when it is none of them.
  int find(const QByteArray &path) const { return m_places.value(path, -1); }
  /// Some field lies below this path.
  bool isBranch(const QByteArray &path) const { return m_branches.contains(path); }
  /// One point for each field, in the order of fields().
  QList<PointInfo> points(const ConfigLocation &where) const;

 private:
  QString m_name;
  UnknownFields m_unknownFields;
  std::vector<Field> m_fields;
  QHash<QByteArray, int> m_places;
  QSet<QByteArray> m_branches;
};

}  // namespace tagwire::ws
