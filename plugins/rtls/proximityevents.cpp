// SPDX-License-Identifier: Apache-2.0
#include "proximityevents.h"

#include <QJsonDocument>

namespace tagwire::rtls {
namespace {

Event eventOf(const char *type, const QJsonObject &json, Time time) {
  const QByteArray text = QJsonDocument(json).toJson(QJsonDocument::Compact);
  return {.time = time, .source = {}, .body = CustomEvent{QString::fromLatin1(type), text}};
}

}  // namespace

ProximityEvents::ProximityEvents(const Model &model)
    : m_rules(model.proximity), m_escorts(model.escorts), m_tags(model.tags) {}

QJsonObject ProximityEvents::tagJson(int tag, const Position &position) const {
  const TagInfo &info = m_tags.at(tag);
  QJsonObject json{{QStringLiteral("id"), info.id},   {QStringLiteral("class"), info.tagClass},
                   {QStringLiteral("x"), position.x}, {QStringLiteral("y"), position.y},
                   {QStringLiteral("z"), position.z}, {QStringLiteral("zone_id"), position.fix->zone}};
  if (!info.name.isEmpty()) json.insert(QStringLiteral("name"), info.name);
  return json;
}

Event ProximityEvents::of(const Collision &collision) const {
  static constexpr const char *phases[] = {"start", "ongoing", "end"};
  const ProximityRule &rule = m_rules[static_cast<size_t>(collision.rule)];
  QJsonObject json{{QStringLiteral("phase"), QLatin1String(phases[static_cast<int>(collision.phase)])},
                   {QStringLiteral("rule_id"), rule.id},
                   {QStringLiteral("rule_name"), rule.name},
                   {QStringLiteral("a"), tagJson(collision.tagA, collision.a)},
                   {QStringLiteral("b"), tagJson(collision.tagB, collision.b)},
                   {QStringLiteral("distance"), collision.distance},
                   {QStringLiteral("start"), toIso(collision.start)}};
  if (!collision.reason.isEmpty()) json.insert(QStringLiteral("reason"), collision.reason);
  return eventOf("collision", json, collision.time);
}

Event ProximityEvents::of(const Unaccompanied &told) const {
  const EscortRule &rule = m_escorts[static_cast<size_t>(told.rule)];
  const bool isStart = told.phase == Unaccompanied::Phase::Start;
  QJsonObject json{{QStringLiteral("phase"), isStart ? QLatin1String("start") : QLatin1String("end")},
                   {QStringLiteral("rule_id"), rule.id},
                   {QStringLiteral("rule_name"), rule.name},
                   {QStringLiteral("tag"), tagJson(told.tag, told.position)},
                   {QStringLiteral("needs"), rule.needs},
                   {QStringLiteral("start"), toIso(told.start)}};
  if (!told.reason.isEmpty()) json.insert(QStringLiteral("reason"), told.reason);
  return eventOf("unaccompanied", json, told.time);
}

}  // namespace tagwire::rtls
