// SPDX-License-Identifier: Apache-2.0
#include "entity.h"

#include <cmath>

namespace tagwire::ws {

namespace {

bool isWaiting(const Sample &sample) { return sample.quality.reason == QualityReason::WaitingForFirstValue; }

bool hasValue(const Value &value) {
  const double *number = std::get_if<double>(&value);
  return typeOf(value) != ValueType::None && (!number || std::isfinite(*number));
}

/// As clients see it: what is no value is nothing.
std::optional<Value> shownValue(const Sample &sample) {
  return sample.quality.isBad() || !hasValue(sample.value) ? std::nullopt : std::optional(sample.value);
}

}  // namespace

Entity::Entity(const EntityConfig &config, const PointTable &points)
    : id(config.id), room(config.room), state(points.find(config.state.name)), words(config.words) {
  for (auto each = config.attributes.begin(); each != config.attributes.end(); ++each) {
    attributes.append({each.key().toUtf8(), points.find(each->name)});
  }
}

QString Entity::stateOf(const Sample &sample) const {
  if (isWaiting(sample)) return QStringLiteral("unknown");
  if (sample.quality.isBad()) return QStringLiteral("unavailable");
  if (!hasValue(sample.value)) return QStringLiteral("unknown");
  const QString text = toText(sample.value);
  if (const auto word = words.constFind(text); word != words.cend()) return *word;
  // A coil is 0 or 1 to whoever writes a manifest.
  const bool *flag = std::get_if<bool>(&sample.value);
  return flag ? words.value(*flag ? QStringLiteral("1") : QStringLiteral("0"), text) : text;
}

AttributeValues Entity::attributesIn(const PointTable &points) const {
  AttributeValues values;
  for (const Attribute &each : attributes) values.append(shownValue(points.last(each.point)));
  return values;
}

void putAttributes(JsonText &json, const Entity &entity, const AttributeValues &values) {
  json.beginObject();
  for (qsizetype i = 0; i < entity.attributes.size(); ++i) {
    json.key(entity.attributes[i].name.constData());
    if (values[i]) {
      json.value(*values[i]);
    } else {
      json.null();
    }
  }
  json.endObject();
}

EntityStates::EntityStates(QList<Entity> entities, const PointTable &points) : m_entities(std::move(entities)) {
  m_current.resize(static_cast<size_t>(m_entities.size()));
  for (qsizetype index = 0; index < m_entities.size(); ++index) {
    const Entity &entity = m_entities[index];
    Current &current = m_current[static_cast<size_t>(index)];
    const Sample &state = points.last(entity.state);
    current.state = entity.stateOf(state);
    m_uses[entity.state].append({index, -1});
    current.attributes = entity.attributesIn(points);
    for (qsizetype i = 0; i < entity.attributes.size(); ++i) {
      m_uses[entity.attributes[i].point].append({index, i});
    }
  }
}

void EntityStates::take(const Sample &sample) {
  const auto uses = m_uses.constFind(sample.point);
  if (uses == m_uses.cend()) return;
  for (const Use &use : *uses) {
    if (use.attribute < 0) {
      takeState(use.entity, sample);
    } else {
      takeAttribute(use, sample);
    }
  }
}

void EntityStates::takeState(qsizetype index, const Sample &sample) {
  Current &current = m_current[static_cast<size_t>(index)];
  QString before = std::exchange(current.state, m_entities[index].stateOf(sample));
  if (before == current.state) return;
  m_newest.insert(index, m_changes.size());
  m_changes.append({index, std::move(before), current.state, current.attributes});
}

void EntityStates::takeAttribute(const Use &use, const Sample &sample) {
  Current &current = m_current[static_cast<size_t>(use.entity)];
  const std::optional<Value> value = shownValue(sample);
  if (current.attributes[use.attribute] == value) return;
  current.attributes[use.attribute] = value;
  if (const auto newest = m_newest.constFind(use.entity); newest != m_newest.cend()) {
    m_changes[*newest].attributes = current.attributes;
  } else {
    m_newest.insert(use.entity, m_changes.size());
    m_changes.append({use.entity, current.state, current.state, current.attributes});
  }
}

QList<EntityStates::Change> EntityStates::takeChanges() {
  m_newest.clear();
  return std::exchange(m_changes, {});
}

EntityStates::Change EntityStates::now(qsizetype entity, const QString &before) const {
  const Current &current = m_current[static_cast<size_t>(entity)];
  return {entity, before, current.state, current.attributes};
}

}  // namespace tagwire::ws
