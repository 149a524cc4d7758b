// SPDX-License-Identifier: Apache-2.0
#include "pointnames.h"

#include "jsontext.h"

namespace tagwire::ws {

const Fix *fixOf(const Sample &sample) {
  const Position *position = std::get_if<Position>(&sample.value);
  return position ? position->fix.get() : nullptr;
}

PointNames::PointNames(const PointTable &points) : m_points(points) {}

const PointNames::Entry *PointNames::find(const Sample &sample) {
  if (const quint64 revision = m_points.revision(); revision != m_revision) {
    m_revision = revision;
    m_entries.clear();
  }
  const auto index = static_cast<quint32>(sample.point);
  if (index >= m_entries.size()) {
    // Only grows for ids that exist: a wrong id may not cost memory.
    if (index > m_points.count()) return nullptr;
    m_entries.resize(m_points.count() + 1);
  }
  Entry &entry = m_entries[index];
  if (entry.id == PointId::None && !fill(entry, sample)) return nullptr;
  return &entry;
}

bool PointNames::fill(Entry &entry, const Sample &sample) const {
  const auto point = m_points.point(sample.point);
  if (!point) return false;
  entry.isTag = point->type == ValueType::Position;
  if (entry.isTag) {
    const Fix *fix = fixOf(sample);
    if (!fix) return false;
    entry.tag = fix->tag;
    entry.topic = QStringLiteral("tags/") + entry.tag;
    entry.name = jsonString(entry.tag);
  } else {
    entry.topic = QStringLiteral("points/") + point->fullName;
    entry.name = jsonString(point->fullName);
  }
  if (!point->unit.isEmpty()) entry.unit = jsonString(point->unit);
  entry.number = point->number.value_or(0);
  entry.id = sample.point;
  return true;
}

}  // namespace tagwire::ws
