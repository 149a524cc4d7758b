// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QByteArrayList>
#include <QByteArrayView>
#include <QHash>
#include <QList>
#include <QMap>
#include <QString>

#include <utility>

#include "result.h"

namespace prometheus_plugin {

using tagwire::failure;
using tagwire::Result;

/// The labels of a series as its endpoint wrote them.
using Labels = QList<std::pair<QByteArray, QByteArray>>;

/// The series that a point is made of: those of this metric that have all these labels. Plain value.
struct Selector {
  static constexpr const char *form = "requests_total or requests_total{code='200'}";

  QString name;
  QMap<QString, QString> labels;  ///< an empty value: the series does not have this label

  /// Takes what PromQL takes, as far as labels are compared with `=`.
  static Result<Selector> fromText(const QString &text);
  QString toText() const;
};

/// Which selectors a series fits, without trying them all: there may be thousands of the same metric. Plain value.
class Selection {
 public:
  void add(const Selector &selector, int index);
  bool wants(QByteArrayView name) const;
  QList<int> of(QByteArrayView name, const Labels &labels) const;

 private:
  /// Selectors that look at the same labels, by the values that they want.
  struct Group {
    QByteArrayList names;
    QHash<QByteArrayList, QList<int>> indices;
  };
  QHash<QByteArray, QList<Group>> m_groups;
};

}  // namespace prometheus_plugin
