// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>
#include <QStringList>

#include <list>

#include "protocolkind.h"

namespace tagwire::ws {

/// One route of plain HTTP and who may have its answer. Each new route needs a row: everyRouteHasARow() says so.
struct RouteRow {
  const char *method;
  const char *path;    ///< as the OpenAPI document writes it
  const char *target;  ///< a request that would be answered well
  QStringList rights;  ///< each of them is enough; none: open to everybody
  /// Permissions of the same kind, but for other things, and what they bring: a refusal, or a list without ours.
  QString elsewhere = {};
  int elsewhereStatus = 0;
  QByteArray body = {};
  int granted = 200;     ///< what this request brings to those who may
  bool isAlias = false;  ///< the same route as another, so that one of them is walked
};

inline const QString positions = QStringLiteral("positions:read");
inline const QString events = QStringLiteral("events:read");
inline const QString statistics = QStringLiteral("ws:stats");
inline const QString narrowStatistics = QStringLiteral("ws:nothing:stats");
inline const QString users = QStringLiteral("users:admin");
inline const QString tokens = QStringLiteral("tokens:admin");
inline const QString rooms = QStringLiteral("rooms:read");
inline const QString changeRooms = QStringLiteral("rooms:write");
inline const QString readHistory = QStringLiteral("history:read");
inline const QString writeHistory = QStringLiteral("history:write");

inline const QString changeConfig = QStringLiteral("config:write");
inline const QString changeManifest = QStringLiteral("manifest:write");
/// Who may save tiles and fences must not name programs to run.
inline const QString narrowManifest = changeConfig;

/// The hub's paths, with one of its versions before them.
inline QList<RouteRow> omloxRouteRows(const QByteArray &version) {
  struct Hub {
    const char *method;
    const char *path;
    QStringList rights;
  };
  const QStringList places{positions, events};
  const QStringList tags{positions};
  const QStringList sends{QStringLiteral("positions:write")};
  const QStringList changes{QStringLiteral("config:write")};
  static std::list<QByteArray> paths;  // the rows keep pointers
  QList<RouteRow> rows;
  for (const Hub &each : std::initializer_list<Hub>{{"get", "/zones", places},
                                                    {"post", "/zones", changes},
                                                    {"delete", "/zones", changes},
                                                    {"get", "/zones/summary", places},
                                                    {"get", "/zones/{id}", places},
                                                    {"put", "/zones/{id}", changes},
                                                    {"delete", "/zones/{id}", changes},
                                                    {"put", "/zones/{id}/transform", places},
                                                    {"get", "/zones/{id}/createfence", places},
                                                    {"get", "/trackables", tags},
                                                    {"post", "/trackables", changes},
                                                    {"delete", "/trackables", changes},
                                                    {"get", "/trackables/summary", tags},
                                                    {"get", "/trackables/motions", tags},
                                                    {"get", "/trackables/{id}", tags},
                                                    {"put", "/trackables/{id}", changes},
                                                    {"delete", "/trackables/{id}", changes},
                                                    {"get", "/trackables/{id}/fences", tags},
                                                    {"get", "/trackables/{id}/location", tags},
                                                    {"get", "/trackables/{id}/locations", tags},
                                                    {"get", "/trackables/{id}/motion", tags},
                                                    {"get", "/trackables/{id}/providers", tags},
                                                    {"get", "/trackables/{id}/sensors", tags},
                                                    {"get", "/providers", tags},
                                                    {"post", "/providers", changes},
                                                    {"delete", "/providers", changes},
                                                    {"get", "/providers/summary", tags},
                                                    {"get", "/providers/locations", tags},
                                                    {"put", "/providers/locations", sends},
                                                    {"delete", "/providers/locations", sends},
                                                    {"put", "/providers/proximities", sends},
                                                    {"get", "/providers/{id}", tags},
                                                    {"put", "/providers/{id}", changes},
                                                    {"delete", "/providers/{id}", changes},
                                                    {"get", "/providers/{id}/fences", tags},
                                                    {"get", "/providers/{id}/location", tags},
                                                    {"put", "/providers/{id}/location", sends},
                                                    {"delete", "/providers/{id}/location", sends},
                                                    {"put", "/providers/{id}/proximity", sends},
                                                    {"get", "/providers/{id}/sensors", tags},
                                                    {"get", "/providers/{id}/trackables", tags},
                                                    {"get", "/fences", places},
                                                    {"post", "/fences", changes},
                                                    {"delete", "/fences", changes},
                                                    {"get", "/fences/summary", places},
                                                    {"get", "/fences/{id}", places},
                                                    {"put", "/fences/{id}", changes},
                                                    {"delete", "/fences/{id}", changes},
                                                    {"get", "/fences/{id}/locations", tags},
                                                    {"get", "/fences/{id}/motions", tags},
                                                    {"get", "/fences/{id}/providers", tags},
                                                    {"get", "/fences/{id}/trackables", tags}}) {
    paths.push_back(version + each.path);
    const char *path = paths.back().constData();
    paths.push_back(QByteArray(paths.back()).replace("{id}", "x"));
    rows.append({each.method, path, paths.back().constData(), each.rights, {}, 0, "{}", 200, version == "/v1"});
  }
  return rows;
}

inline const QString acknowledgeAlarms = QStringLiteral("alarms:ack");
inline const QString shelveAlarms = QStringLiteral("alarms:shelve");
inline const QString administerAlarms = QStringLiteral("alarms:admin");

/// One that is done to the alarm of rule 77, for another area with the same right.
inline RouteRow alarmActionRow(const char *path, const char *target, const QString &right) {
  const QString elsewhere = QString(right).replace(QLatin1String("alarms:"), QLatin1String("alarms:other/#:"));
  return {"post", path, target, {right}, elsewhere, 404, "{\"one_shot\":true}"};
}

/// One that is done to the point with number 59.
inline RouteRow commandRow(const char *path, const char *target, int elsewhereStatus, const QByteArray &body,
                           int granted = 200) {
  const QStringList rights{QStringLiteral("commands:write")};
  return {"post", path, target, rights, QStringLiteral("commands:other/#:write"), elsewhereStatus, body, granted};
}

inline const QList<RouteRow> ownRouteRows{
    {"get", "/healthz", "/healthz", {}},
    {"get", "/readyz", "/readyz", {}},
    {"get", "/api/v1/openapi.json", "/api/v1/openapi.json", {}},
    {"post", "/api/v1/login", "/api/v1/login", {}, {}, 0, "{}", 400},
    {"post", "/api/v1/logout", "/api/v1/logout", {}, {}, 0, {}, 204},
    {"get", "/api/v1/session", "/api/v1/session", {}},
    {"get", "/api/v1/setup", "/api/v1/setup", {}},
    {"post", "/api/v1/setup", "/api/v1/setup", {}, {}, 0, "{}", 400},
    {"get", "/api/v1/users", "/api/v1/users", {users}},
    {"post", "/api/v1/users", "/api/v1/users", {users}, {}, 0, "{}", 400},
    {"put", "/api/v1/users/{name}", "/api/v1/users/nobody", {users}, QStringLiteral("users:bob:admin"), 403, "[]", 400},
    {"delete",
     "/api/v1/users/{name}",
     "/api/v1/users/nobody",
     {users},
     QStringLiteral("users:bob:admin"),
     403,
     {},
     404},
    {"get", "/api/v1/tokens", "/api/v1/tokens", {tokens}},
    {"post", "/api/v1/tokens", "/api/v1/tokens", {tokens}, {}, 0, "{}", 400},
    {"delete",
     "/api/v1/tokens/{name}",
     "/api/v1/tokens/nobody",
     {tokens},
     QStringLiteral("tokens:other:admin"),
     403,
     {},
     404},
    {"get",
     "/api/v1/devices",
     "/api/v1/devices",
     {QStringLiteral("device:watch")},
     QStringLiteral("device:other:watch"),
     200},
    {"post", "/api/v1/devices", "/api/v1/devices", {tokens}, {}, 0, "{}", 400},
    {"delete",
     "/api/v1/devices/{id}",
     "/api/v1/devices/nobody",
     {tokens},
     QStringLiteral("tokens:other:admin"),
     403,
     {},
     404},
    {"get", "/metrics", "/metrics", {statistics}, narrowStatistics, 403},
    {"get", "/api/v1/plugins", "/api/v1/plugins", {statistics}, narrowStatistics, 403},
    {"get", "/api/v1/connections", "/api/v1/connections", {statistics}, narrowStatistics, 403},
    {"get",
     "/api/v1/points",
     "/api/v1/points",
     {QStringLiteral("points:read"), positions},
     QStringLiteral("points:other/#:read"),
     200},
    {"get",
     "/api/v1/points/tree",
     "/api/v1/points/tree?under=plc1/boiler",
     {QStringLiteral("points:read"), positions},
     QStringLiteral("points:other/#:read"),
     200},
    {"post", "/api/v1/trace", "/api/v1/trace", {statistics}, narrowStatistics, 403, "{}", 400},
    {"get", "/api/v1/trace", "/api/v1/trace", {statistics}, narrowStatistics, 403},
    {"delete", "/api/v1/trace", "/api/v1/trace", {statistics}, narrowStatistics, 403, {}, 204},
    {"get", "/api/v1/status", "/api/v1/status", {statistics}, narrowStatistics, 403},
    {"get",
     "/api/v1/points/{name}",
     "/api/v1/points/plc1/boiler/temp",
     {QStringLiteral("points:read")},
     QStringLiteral("points:other/#:read"),
     403},
    {"get",
     "/api/v1/alarms",
     "/api/v1/alarms",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     200},
    {"get",
     "/api/v1/alarms/areas",
     "/api/v1/alarms/areas",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     200},
    {"get", "/api/v1/alarms/history", "/api/v1/alarms/history", {QStringLiteral("alarms:read")}},
    {"get", "/api/v1/alarms/statistics", "/api/v1/alarms/statistics", {QStringLiteral("alarms:read")}},
    {"get",
     "/api/v1/alarms/{rule_id}",
     "/api/v1/alarms/77",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     404},
    {"post", "/api/v1/alarms/ack", "/api/v1/alarms/ack", {acknowledgeAlarms}, {}, 0, "{\"rule_ids\":[77]}"},
    alarmActionRow("/api/v1/alarms/{rule_id}/ack", "/api/v1/alarms/77/ack", acknowledgeAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/comment", "/api/v1/alarms/77/comment", acknowledgeAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/shelve", "/api/v1/alarms/77/shelve", shelveAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/unshelve", "/api/v1/alarms/77/unshelve", shelveAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/suppress", "/api/v1/alarms/77/suppress", administerAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/unsuppress", "/api/v1/alarms/77/unsuppress", administerAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/out-of-service", "/api/v1/alarms/77/out-of-service", administerAlarms),
    alarmActionRow("/api/v1/alarms/{rule_id}/in-service", "/api/v1/alarms/77/in-service", administerAlarms),
    {"get",
     "/api/v1/alarm-rules",
     "/api/v1/alarm-rules",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     200},
    {"post", "/api/v1/alarm-rules", "/api/v1/alarm-rules", {administerAlarms}, {}, 0, "{}", 400},
    {"get",
     "/api/v1/alarm-rules/{id}",
     "/api/v1/alarm-rules/77",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     404},
    {"put", "/api/v1/alarm-rules/{id}", "/api/v1/alarm-rules/77", {administerAlarms}, {}, 0, "{}", 400},
    {"delete",
     "/api/v1/alarm-rules/{id}",
     "/api/v1/alarm-rules/77",
     {administerAlarms},
     QStringLiteral("alarms:other/#:admin"),
     404,
     {},
     204},
    {"get",
     "/api/v1/alarm-rules/{id}/versions",
     "/api/v1/alarm-rules/77/versions",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     404},
    {"get",
     "/api/v1/events",
     "/api/v1/events?type=trigger",
     {events, positions},
     QStringLiteral("positions:OTHER:read"),
     200},
    {"get",
     "/api/v1/history",
     "/api/v1/history?point=plc1/boiler/temp",
     {readHistory},
     QStringLiteral("history:other/#:read"),
     403},
    {"get",
     "/api/v1/history/last",
     "/api/v1/history/last?point=plc1/boiler/temp",
     {readHistory},
     QStringLiteral("history:other/#:read"),
     403},
    {"get",
     "/api/v1/history/points",
     "/api/v1/history/points",
     {readHistory},
     QStringLiteral("history:other/#:read"),
     200},
    {"get", "/api/v1/history/events", "/api/v1/history/events", {readHistory}},
    {"get",
     "/api/v1/history/export",
     "/api/v1/history/export?point=plc1/boiler/temp",
     {readHistory},
     QStringLiteral("history:other/#:read"),
     403},
    {"get",
     "/api/v1/history/quarantine",
     "/api/v1/history/quarantine",
     {readHistory},
     QStringLiteral("history:plc1/#:read"),
     403},
    {"post",
     "/api/v1/history/quarantine/requeue",
     "/api/v1/history/quarantine/requeue",
     {writeHistory},
     QStringLiteral("history:plc1/#:write"),
     403,
     "{\"all\":true}"},
    {"post",
     "/api/v1/history/quarantine/discard",
     "/api/v1/history/quarantine/discard",
     {writeHistory},
     QStringLiteral("history:plc1/#:write"),
     403,
     "{\"all\":true}"},
    {"get", "/api/v1/audit", "/api/v1/audit", {QStringLiteral("audit:read")}, QStringLiteral("audit:rule/*:read"), 403},
    {"get", "/api/v1/rooms", "/api/v1/rooms", {rooms}, QStringLiteral("rooms:2:read"), 200},
    {"post", "/api/v1/rooms", "/api/v1/rooms", {changeRooms}, {}, 0, "{}", 400},
    {"get", "/api/v1/rooms/{id}", "/api/v1/rooms/1", {rooms}, QStringLiteral("rooms:2:read"), 403},
    {"put", "/api/v1/rooms/{id}", "/api/v1/rooms/1", {changeRooms}, QStringLiteral("rooms:2:write"), 403, "{}", 400},
    {"delete", "/api/v1/rooms/{id}", "/api/v1/rooms/9", {changeRooms}, QStringLiteral("rooms:2:write"), 403, {}, 404},
    {"get", "/api/v1/websocket/stats", "/api/v1/websocket/stats", {statistics}, narrowStatistics, 403},
    {"post",
     "/api/v1/websocket/broadcast",
     "/api/v1/websocket/broadcast",
     {QStringLiteral("ws:broadcast")},
     {},
     0,
     "{}",
     400},
    {"get",
     "/api/os/telemetry/latest",
     "/api/os/telemetry/latest",
     {QStringLiteral("points:read"), positions},
     QStringLiteral("points:other/#:read"),
     200},
    {"post", "/api/os/telemetry/ingest", "/api/os/telemetry/ingest", {QStringLiteral("points:write")}, {}, 0, "x", 400},
    {"get",
     "/api/os/alarms",
     "/api/os/alarms",
     {QStringLiteral("alarms:read")},
     QStringLiteral("alarms:other/#:read"),
     200},
    {"get",
     "/api/os/events",
     "/api/os/events?channels=alarms",
     {QStringLiteral("alarms:read")},
     QStringLiteral("points:read"),
     403},
    {"get",
     "/api/os/tiles",
     "/api/os/tiles",
     {QStringLiteral("points:read"), positions},
     QStringLiteral("points:other/#:read"),
     200},
    {"put",
     "/api/os/tiles",
     "/api/os/tiles",
     {QStringLiteral("config:write")},
     QStringLiteral("config:nothing:write"),
     403,
     "{}",
     400},
    {"get", "/api/v1/manifest", "/api/v1/manifest", {changeManifest}, narrowManifest, 403},
    {"put", "/api/v1/manifest", "/api/v1/manifest", {changeManifest}, narrowManifest, 403, "{}", 400},
    {"post", "/api/v1/manifest/check", "/api/v1/manifest/check", {changeManifest}, narrowManifest, 403, "{}", 400},
    {"post", "/api/v1/manifest/reload", "/api/v1/manifest/reload", {changeManifest}, narrowManifest, 403, "[]", 400},
    {"get", "/api/v1/manifest/versions", "/api/v1/manifest/versions", {changeManifest}, narrowManifest, 403},
    {"get", "/api/v1/manifest/versions/{number}", "/api/v1/manifest/versions/1", {changeManifest}, narrowManifest, 403},
    {"post",
     "/api/v1/manifest/versions/{number}/rollback",
     "/api/v1/manifest/versions/1/rollback",
     {changeManifest},
     narrowManifest,
     403,
     "{}",
     202},
    {"get", "/api/v1/rtls/managers", "/api/v1/rtls/managers", {positions, events}},
    {"get", "/api/v1/rtls/static", "/api/v1/rtls/static", {positions, events}},
    {"get", "/api/v1/rtls/zones", "/api/v1/rtls/zones", {positions, events}},
    {"get", "/api/v1/rtls/zones/{id}/plan", "/api/v1/rtls/zones/417/plan", {positions, events}},
    {"get", "/api/v1/rtls/muster", "/api/v1/rtls/muster", {positions}, QStringLiteral("positions:OTHER:read"), 200},
    {"get", "/api/list_triggers", "/api/list_triggers", {positions, events}},
    {"get", "/recent_events", "/recent_events", {positions, events}, QStringLiteral("positions:OTHER:read"), 200},
    {"post",
     "/api/os/command",
     "/api/os/command",
     {QStringLiteral("commands:write")},
     QStringLiteral("commands:other/#:write"),
     403,
     "{\"endpointId\":59,\"value\":1}"},
    {"get",
     "/api/os/command/{id}",
     "/api/os/command/c1",
     {QStringLiteral("commands:read")},
     QStringLiteral("commands:other/#:read"),
     404},
    {"get",
     "/api/v1/commands",
     "/api/v1/commands",
     {QStringLiteral("commands:read")},
     QStringLiteral("commands:other/#:read"),
     200},
    commandRow("/api/v1/commands", "/api/v1/commands", 403, "{\"point\":59,\"value\":1}"),
    {"get",
     "/api/v1/commands/{id}",
     "/api/v1/commands/c1",
     {QStringLiteral("commands:read")},
     QStringLiteral("commands:other/#:read"),
     404},
    commandRow("/api/v1/commands/dry-run", "/api/v1/commands/dry-run", 403, "{\"point\":59,\"value\":1}"),
    commandRow("/api/v1/commands/{id}/approve", "/api/v1/commands/c1/approve", 404, {}),
    commandRow("/api/v1/commands/{id}/cancel", "/api/v1/commands/c1/cancel", 404, {}),
    commandRow("/api/v1/commands/selections", "/api/v1/commands/selections", 403, "{\"point\":59}", 201),
    {"delete",
     "/api/v1/commands/selections/{id}",
     "/api/v1/commands/selections/selection-1",
     {QStringLiteral("commands:write")},
     {},
     0,
     {},
     204},
    {"get",
     "/api/v1/scenes",
     "/api/v1/scenes",
     {QStringLiteral("commands:read")},
     QStringLiteral("commands:other/#:read"),
     200},
    {"get",
     "/api/v1/scenes/{id}",
     "/api/v1/scenes/1",
     {QStringLiteral("commands:read")},
     QStringLiteral("commands:other/#:read"),
     404},
    commandRow("/api/v1/scenes/{id}/run", "/api/v1/scenes/1/run", 404, "{}"),
    {"get",
     "/api/v1/interlocks",
     "/api/v1/interlocks",
     {QStringLiteral("interlocks:read")},
     QStringLiteral("interlocks:7:read"),
     200},
    {"get",
     "/api/v1/interlocks/{id}",
     "/api/v1/interlocks/5",
     {QStringLiteral("interlocks:read")},
     QStringLiteral("interlocks:7:read"),
     404},
    {"post",
     "/api/v1/interlocks/{id}/reset",
     "/api/v1/interlocks/5/reset",
     {QStringLiteral("interlocks:reset")},
     QStringLiteral("interlocks:7:reset"),
     404},
};

inline const QList<RouteRow> routeRows = ownRouteRows + omloxRouteRows("/v2") + omloxRouteRows("/v1");

/// One wire contract and who may speak it.
struct SocketRow {
  ProtocolKind kind;
  const char *path;
  QStringList rights;
};

inline const QList<SocketRow> socketRows{
    {ProtocolKind::RtlsManager, "/ws/Manager1", {positions, events, QStringLiteral("positions:write")}},
    {ProtocolKind::RtlsEvents, "/ws/events", {positions, events}},
    {ProtocolKind::Alarms, "/ws/alarms", {QStringLiteral("alarms:read")}},
    {ProtocolKind::Device,
     "/ws/device/ems_001",
     {QStringLiteral("device:ems_001:publish"), QStringLiteral("device:watch")}},
    {ProtocolKind::Panel,
     "/ws",
     {QStringLiteral("points:read"), positions, QStringLiteral("alarms:read"), QStringLiteral("commands:read")}},
    {ProtocolKind::Rooms, "/rooms", {rooms}},
    {ProtocolKind::Omlox, "/v2/ws/socket", {positions, events, QStringLiteral("positions:write")}},
    {ProtocolKind::Live, "/ws/live", {QStringLiteral("points:read"), positions, QStringLiteral("alarms:read"), events}},
};

}  // namespace tagwire::ws
