// SPDX-License-Identifier: Apache-2.0
#include "connectionroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "websocket/endpoints.h"

namespace tagwire::ws {

namespace {

constexpr int usualConnections = 1000;
constexpr int mostConnections = 10'000;

/// "192.0.2.7" of "192.0.2.7:4242", "2001:db8::1" of "[2001:db8::1]:4242"
QString peerAddress(const QString &peer) {
  if (peer.startsWith(u'[')) return peer.mid(1, peer.indexOf(u']') - 1);
  return peer.section(u':', 0, 0);
}

QJsonValue timeJson(const std::optional<Time> &time) { return time ? QJsonValue(toIso(*time)) : QJsonValue(); }

QJsonObject connectionJson(const ConnectionInfo &info) {
  const OutboundSession &session = info.session;
  const CallerPointer &caller = session.caller();
  const Activity &activity = info.activity;
  return {
      {QStringLiteral("client_id"), session.peer()},
      {QStringLiteral("address"), peerAddress(session.peer())},
      {QStringLiteral("agent"), session.upgrade().agent},
      {QStringLiteral("protocol"), QLatin1String(wordOf(info.kind))},
      {QStringLiteral("path"), session.upgrade().path},
      {QStringLiteral("caller"), caller ? QJsonValue(caller->name) : QJsonValue()},
      {QStringLiteral("since"), toIso(session.since())},
      {QStringLiteral("streams"), activity.streams},
      {QStringLiteral("last_heartbeat"), timeJson(activity.lastHeartbeat ? activity.lastHeartbeat : session.pongAt())},
      {QStringLiteral("queue"), session.waiting()},
      {QStringLiteral("drops"), static_cast<qint64>(activity.dropped + session.refusedMessages())}};
}

/// A whole number of the query within bounds; `usual` when it is not there.
Result<int> numberWithin(const Target &target, const char *key, int lowest, int highest, int usual) {
  const auto text = target.value(key);
  if (!text) return usual;
  bool isNumber = false;
  const int number = text->toInt(&isNumber);
  if (isNumber && number >= lowest && number <= highest) return number;
  return failure(QStringLiteral("%1 is wrong (allowed: %2 to %3)").arg(QLatin1String(key)).arg(lowest).arg(highest));
}

}  // namespace

ConnectionRoutes::ConnectionRoutes(Router &router, GatewayState &state, std::function<Endpoints *()> endpoints)
    : m_state(state), m_endpoints(std::move(endpoints)) {
  router.addWhole({"GET",
                   "/api/v1/connections",
                   "open WebSockets, the oldest first (R1-37)",
                   Served::Rest,
                   right::readStatistics,
                   [this](const Call &call) { call.answer(list(call)); },
                   {{"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
                    {"offset", "integer", "leaves out so many of the first"}}});
}

Response ConnectionRoutes::list(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto limit = numberWithin(call.target, "limit", 1, mostConnections, usualConnections);
  if (!limit) return errorResponse(400, limit.error(), now);
  const auto offset = numberWithin(call.target, "offset", 0, 1'000'000'000, 0);
  if (!offset) return errorResponse(400, offset.error(), now);
  const Endpoints *endpoints = m_endpoints();
  const QList<ConnectionInfo> all = endpoints ? endpoints->connections() : QList<ConnectionInfo>();
  QJsonArray json;
  for (qsizetype i = *offset; i < all.size() && json.size() < *limit; ++i) json.append(connectionJson(all[i]));
  Response response = Response::json(200, QJsonDocument(json));
  response.fields.append(std::pair<QByteArray, QByteArray>("X-Total-Count", QByteArray::number(all.size())));
  return response;
}

}  // namespace tagwire::ws
