// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QMap>

#include <optional>
#include <vector>

#include "pointtable.h"
#include "protocols/jsontext.h"
#include "rooms/roomsconfig.h"

namespace tagwire::ws {

/// Values of an entity's attributes, by name in alphabetical order; nothing before the first value or while it is Bad.
using AttributeValues = QList<std::optional<Value>>;

/// An entity of the manifest with its points looked up. Plain value.
struct Entity {
  struct Attribute {
    QByteArray name;  ///< UTF-8
    PointId point = PointId::None;

    friend bool operator==(const Attribute &, const Attribute &) = default;
  };

  Entity(const EntityConfig &config, const PointTable &points);

  QString id;
  int room = 0;
  PointId state = PointId::None;
  QMap<QString, QString> words;
  QList<Attribute> attributes;

  /// The state that a sample of its point stands for: the manifest's word for the value, else the value as text.
  /// "unavailable" while the quality is Bad, "unknown" before the first value and for none.
  QString stateOf(const Sample &sample) const;
  AttributeValues attributesIn(const PointTable &points) const;

  friend bool operator==(const Entity &, const Entity &) = default;
};

/// {"brightness":255,"color":null} into an open object's value.
void putAttributes(JsonText &json, const Entity &entity, const AttributeValues &values);

/// How entities are now, and what changed since somebody last asked. Several changes of a state are as many changes;
/// those of attributes within one turn are one. The first value is a change too: from "unknown". Plain class, one
/// thread.
class EntityStates {
 public:
  struct Change {
    qsizetype entity = 0;
    QString before;
    QString after;  ///< the same when only attributes changed
    AttributeValues attributes;
  };

  /// Begins with what `points` holds.
  EntityStates(QList<Entity> entities, const PointTable &points);

  const Entity &entity(qsizetype index) const { return m_entities[index]; }
  void take(const Sample &sample);
  bool hasChanges() const { return !m_changes.isEmpty(); }
  QList<Change> takeChanges();
  /// As it is now, for a client that last saw state `before`.
  Change now(qsizetype entity, const QString &before) const;

 private:
  struct Use {
    qsizetype entity;
    qsizetype attribute;  ///< -1: the state
  };
  struct Current {
    QString state;
    AttributeValues attributes;
  };

  void takeState(qsizetype index, const Sample &sample);
  void takeAttribute(const Use &use, const Sample &sample);

  QList<Entity> m_entities;
  std::vector<Current> m_current;
  QHash<PointId, QList<Use>> m_uses;
  QList<Change> m_changes;
  QHash<qsizetype, qsizetype> m_newest;  ///< entity → its last one in m_changes
};

}  // namespace tagwire::ws
