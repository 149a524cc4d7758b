// SPDX-License-Identifier: Apache-2.0
#include "tracker.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr double farthest = 1e9;
constexpr qsizetype longestText = 128;

QString wrongCoordinate(const char *name, double value) {
  if (std::isfinite(value) && std::abs(value) <= farthest) return {};
  return QStringLiteral("%1 is %2 (allowed: a number from -1e9 to 1e9)").arg(QLatin1String(name)).arg(value);
}

QString wrongText(const char *name, const QString &text) {
  if (text.size() <= longestText) return {};
  return QStringLiteral("%1 has %2 characters (allowed: %3)")
      .arg(QLatin1String(name))
      .arg(text.size())
      .arg(longestText);
}

QString wrongNumbers(const IncomingFix &fix) {
  const double confidence = fix.fix.confidence;
  if (!std::isnan(confidence) && !(confidence >= 0 && confidence <= 100)) {
    return QStringLiteral("CNF %1 is out of range (allowed: 0 to 100)").arg(confidence);
  }
  if (fix.fix.battery < -1 || fix.fix.battery > 100) {
    return QStringLiteral("Bat %1 is out of range (allowed: 0 to 100)").arg(fix.fix.battery);
  }
  if (fix.fix.sequence != -1 && (fix.fix.sequence < 1 || fix.fix.sequence > 200)) {
    return QStringLiteral("Sequence %1 is out of range (allowed: 1 to 200)").arg(fix.fix.sequence);
  }
  return {};
}

}  // namespace

QString wrongFix(const IncomingFix &fix) {
  for (const QString &wrong :
       {wrongTagId(fix.fix.tag), wrongCoordinate("X", fix.x), wrongCoordinate("Y", fix.y), wrongCoordinate("Z", fix.z),
        wrongText("Type", fix.fix.type), wrongText("GWID", fix.fix.gateway), wrongNumbers(fix)}) {
    if (!wrong.isEmpty()) return wrong;
  }
  return {};
}

Time sourceTime(const IncomingFix &fix, Time receipt) {
  static const Time year2000 = fromMilliseconds(946'684'800'000);
  const bool plausible = fix.time && *fix.time >= year2000 && *fix.time <= receipt + std::chrono::minutes(1);
  return plausible ? *fix.time : receipt;
}

Tracker::Tracker(const Model &model, std::chrono::nanoseconds timeout)
    : m_zones(model.zones), m_triggers(model.triggers), m_timeout(timeout) {
  for (const Zone &zone : model.zones) m_zoneIds.insert(zone.info.id);
  for (const TagInfo &tag : model.tags) addTag(tag.id, tag.name);
}

int Tracker::addTag(const QString &id, const QString &name) {
  const int index = tagCount();
  m_tags.emplace_back().id = id;
  m_byId.insert(id, index);
  m_triggers.addTag(id, name);
  return index;
}

Result<void> Tracker::take(int tagIndex, const IncomingFix &fix, const Moment &moment, Outcome &outcome) {
  Tag &tag = m_tags[static_cast<size_t>(tagIndex)];
  if (auto passed = tag.gate.pass(fix.sender, fix.fix.sequence, moment.elapsed); !passed) return passed;
  const Time time = sourceTime(fix, moment.time);
  const int zone = m_zones.deepest(fix.x, fix.y, fix.z);
  auto own = std::make_shared<Fix>(fix.fix);
  own->zone = m_zones.idOf(zone);
  const bool first = !tag.position.fix || !tag.present;
  tag.position = Position{fix.x, fix.y, fix.z, std::move(own)};
  tag.heard = moment.elapsed;
  tag.present = true;
  const bool changed = enterZone(tag, zone, time, outcome) || first;
  outcome.changes << Change{tagIndex, tag.position, Quality::good(), time, changed, m_zones.idOf(zone)};
  QList<TriggerEvent> raised;
  m_triggers.move(tagIndex, Place{fix.x, fix.y, fix.z}, raised);
  for (const TriggerEvent &event : raised) outcome.events << RaisedEvent{event, time};
  return {};
}

bool Tracker::enterZone(Tag &tag, int zone, Time time, Outcome &outcome) {
  if (tag.zone == zone) return false;
  for (const int changed : m_zones.move(std::exchange(tag.zone, zone), zone)) {
    outcome.occupancies << Occupancy{changed, m_zones.occupancy(changed), time};
  }
  return true;
}

void Tracker::loseSilent(const Moment &moment, Outcome &outcome) {
  for (int index = 0; index < tagCount(); ++index) {
    const Tag &tag = m_tags[static_cast<size_t>(index)];
    if (tag.present && moment.elapsed - tag.heard >= m_timeout) lose(index, moment, outcome);
  }
}

void Tracker::lose(int index, const Moment &moment, Outcome &outcome) {
  Tag &tag = m_tags[static_cast<size_t>(index)];
  tag.present = false;
  enterZone(tag, -1, moment.time, outcome);
  auto nowhere = std::make_shared<Fix>(*tag.position.fix);
  nowhere->zone = 0;
  tag.position.fix = std::move(nowhere);
  outcome.changes << Change{index, tag.position, Quality::bad(QualityReason::Lost), moment.time, true, 0};
  QList<TriggerEvent> raised;
  m_triggers.lose(index, raised);
  for (const TriggerEvent &event : raised) outcome.events << RaisedEvent{event, moment.time};
}

std::optional<std::chrono::nanoseconds> Tracker::nextLoss() const {
  std::optional<std::chrono::nanoseconds> next;
  for (const Tag &tag : m_tags) {
    if (tag.present && (!next || tag.heard + m_timeout < *next)) next = tag.heard + m_timeout;
  }
  return next;
}

}  // namespace tagwire::rtls
