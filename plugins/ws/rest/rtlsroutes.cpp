// SPDX-License-Identifier: Apache-2.0
#include "rtlsroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "protocols/triggerfilter.h"

namespace tagwire::ws {

namespace {

QJsonDocument managersOf(const QList<ZoneBook::Site> &sites) {
  QJsonArray list;
  for (const ZoneBook::Site &site : sites) {
    for (const RtlsManager &manager : site.directory.managers) {
      list.append(QJsonObject{{QStringLiteral("x_nm_res"), manager.name},
                              {QStringLiteral("x_ip"), manager.host},
                              {QStringLiteral("i_prt"), manager.port}});
    }
  }
  return QJsonDocument(list);
}

QJsonDocument triggersOf(const QList<ZoneBook::Site> &sites) {
  QJsonArray list;
  for (const ZoneBook::Site &site : sites) {
    for (const TriggerInfo &trigger : site.directory.triggers) {
      list.append(QJsonObject{{QStringLiteral("i_trg"), trigger.id},
                              {QStringLiteral("x_nm_trg"), trigger.name},
                              {QStringLiteral("zone_id"), trigger.zone},
                              {QStringLiteral("direction"), trigger.direction},
                              {QStringLiteral("is_portable"), trigger.isPortable}});
    }
  }
  return QJsonDocument(list);
}

/// R1-33, for another site: what is this site's own, and of the tags those that the caller may see.
QJsonDocument namesOf(const QList<ZoneBook::Site> &sites, const Permissions &permissions) {
  const QString id = QStringLiteral("id");
  const QString name = QStringLiteral("name");
  QJsonArray triggers;
  QJsonArray tags;
  QJsonArray zones;
  for (const ZoneBook::Site &site : sites) {
    for (const TriggerInfo &each : site.directory.triggers) {
      if (each.isRemote) continue;
      triggers.append(QJsonObject{{id, each.id},
                                  {name, each.name},
                                  {QStringLiteral("zone_id"), each.zone},
                                  {QStringLiteral("direction"), each.direction},
                                  {QStringLiteral("is_portable"), each.isPortable}});
    }
    for (const TagInfo &each : site.directory.tags) {
      if (!each.isRemote && EventAccess::allowTag(permissions, each.id))
        tags.append(QJsonObject{{id, each.id}, {name, each.name}});
    }
    for (const ZoneInfo &each : site.directory.zones) {
      if (each.isRemote) continue;
      zones.append(QJsonObject{{id, each.id},
                               {name, each.name},
                               {QStringLiteral("level"), each.level},
                               {QStringLiteral("parent"), each.parent}});
    }
  }
  return QJsonDocument(QJsonObject{
      {QStringLiteral("triggers"), triggers}, {QStringLiteral("tags"), tags}, {QStringLiteral("zones"), zones}});
}

/// R1-34. With the origin, so that another site that catches up does not take what came from a third one, or from
/// itself.
QJsonObject recentJson(const TriggerEvent &event, Time time) {
  QJsonObject json{{QStringLiteral("trigger_id"), event.triggerId},
                   {QStringLiteral("trigger_name"), event.triggerName},
                   {QStringLiteral("tag_id"), event.tagId},
                   {QStringLiteral("tag_name"), event.tagName},
                   {QStringLiteral("direction"), event.direction},
                   {QStringLiteral("timestamp"), toIso(time)},
                   {QStringLiteral("zone_id"), event.zoneId},
                   {QStringLiteral("x"), event.x},
                   {QStringLiteral("y"), event.y},
                   {QStringLiteral("z"), event.z}};
  if (!event.reason.isEmpty()) json.insert(QStringLiteral("reason"), event.reason);
  if (!event.origin.isEmpty()) json.insert(QStringLiteral("origin"), event.origin);
  return json;
}

}  // namespace

RtlsRoutes::RtlsRoutes(Router &router, GatewayState &state)
    : m_state(state),
      m_access(state.context.points()),
      m_zones(state.context),
      m_recent(static_cast<size_t>(state.config.recent)) {
  const auto add = [&router](const char *path, const char *summary, const std::function<void(const Call &)> &handler,
                             const QList<QueryParameter> &query = {}) {
    router.add({"GET",
                path,
                summary,
                Served::Rest,
                right::readPositions,
                handler,
                query,
                nullptr,
                false,
                {right::readEvents}});
  };
  add("/api/v1/rtls/managers", "RTLS managers (R1-2)", [this](const Call &call) { withSites(call, &managersOf); });
  add("/api/v1/rtls/static", "names of triggers, tags and zones, for another site (R1-33)",
      [this](const Call &call) { staticNames(call); },
      {{"manager", "string", "only those of the instance that has this manager"}});
  if (!state.config.speaks(ProtocolKind::RtlsManager)) return;
  add("/api/list_triggers", "triggers (R1-36)", [this](const Call &call) { withSites(call, &triggersOf); });
  add("/recent_events", "the newest trigger events, newest last (R1-34)",
      [this](const Call &call) { recentEvents(call); },
      {{"tag_id", "string[]", "only those of these tags"},
       {"trigger_id", "integer[]", "only those of these triggers"},
       {"since", "string", "only those at this ISO 8601 time or later"}});
}

void RtlsRoutes::notify(const Event &event) {
  if (std::holds_alternative<TriggerEvent>(event.body)) m_recent.add(event);
}

void RtlsRoutes::withSites(const Call &call, const std::function<QJsonDocument(const Sites &)> &make) {
  m_zones.whenFresh([this, make, answer = call.answer] {
    if (!m_zones.sites().isEmpty()) return answer(Response::json(200, make(m_zones.sites())));
    answer(errorResponse(404, QStringLiteral("no running plugin knows zones (allowed: a manifest with plugin rtls)"),
                         m_state.context.clock().now()));
  });
}

void RtlsRoutes::staticNames(const Call &call) {
  const auto manager = call.target.value("manager");
  if (!manager) {
    return withSites(call, [caller = call.caller](const Sites &sites) { return namesOf(sites, caller->permissions); });
  }
  m_zones.whenFresh([this, manager = *manager, caller = call.caller, answer = call.answer] {
    if (const ZoneBook::Site *site = m_zones.siteOf(manager)) {
      return answer(Response::json(200, namesOf({*site}, caller->permissions)));
    }
    answer(errorResponse(404, QStringLiteral("there is no manager \"%1\"").arg(manager.left(100)),
                         m_state.context.clock().now()));
  });
}

void RtlsRoutes::recentEvents(const Call &call) const {
  const auto filter = TriggerFilter::fromQuery(call.target.query(), m_state.context.site().timeZone);
  if (!filter) return call.answer(errorResponse(400, filter.error(), m_state.context.clock().now()));
  QJsonArray list;
  for (const Event &event : m_recent.events()) {
    const auto &trigger = std::get<TriggerEvent>(event.body);
    if (!filter->admits(trigger, event.time) || !m_access.allow(call.caller->permissions, event)) continue;
    list.append(recentJson(trigger, event.time));
  }
  call.answer(Response::json(200, QJsonDocument(list)));
}

}  // namespace tagwire::ws
