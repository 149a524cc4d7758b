// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>

#include "gateway.h"
#include "protocols/makeprotocol.h"
#include "roomstesting.h"
#include "tests/rawclient.h"

namespace tagwire::ws {

struct RoomsReply {
  int status = 0;
  QByteArray head;
  QJsonObject json;
  QJsonValue data() const { return json.value(QStringLiteral("data")); }
  QString error() const { return json.value(QStringLiteral("error")).toString(); }
};

/// A whole gateway with rooms at /ws, and clients on real sockets.
struct House {
  explicit House(const QList<QString> &anonymous = {QStringLiteral("*:*")}) {
    lamp = context.declare("lamp", ValueType::Bool);
    context.declare("dim", ValueType::Double);
    config.endpoints->append({*EndpointPath::fromText(QStringLiteral("/ws")), ProtocolKind::Rooms, {}});
    config.auth->anonymous = anonymous;
    config.allowedOrigins = {QStringLiteral("https://panel.example.org")};
    restart();
  }
  void restart() {
    gateway.reset();
    gateway = std::make_unique<Gateway>(config, context, &makeProtocol);
    gateway->start();
  }
  void pass(std::chrono::seconds time) {
    context.manualClock().advance(time);
    gateway->tick();
  }
  void put(bool on) {
    const Samples samples{{lamp, Quality::good(), context.clock().now(), Value(on)}};
    context.pointTable().update(samples);
    gateway->write(samples);
  }
  RoomsReply ask(const char *method, const char *target, const QByteArray &body = {}) {
    RawClient client(gateway->port());
    const QByteArray length =
        body.isNull() ? QByteArray() : "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head(method, target, length) + body);
    RoomsReply reply;
    const bool isWhole = testing::waitFor([&] {
      const qsizetype end = client.input().indexOf("\r\n\r\n");
      const qsizetype at = client.input().indexOf("Content-Length: ") + 16;
      return end > 0 && client.input().size() >=
                            end + 4 + client.input().mid(at, client.input().indexOf("\r\n", at) - at).toLongLong();
    });
    if (!isWhole) return reply;
    const qsizetype end = client.input().indexOf("\r\n\r\n");
    reply.status = client.status();
    reply.head = client.input().left(end);
    reply.json = QJsonDocument::fromJson(client.input().mid(end + 4)).object();
    return reply;
  }
  RoomsReply post(const char *target, const char *json) { return ask("POST", target, quoted(json)); }
  double metric(const QByteArray &line) {
    const QByteArray text = QByteArray::fromStdString(context.metrics().text());
    const qsizetype at = text.indexOf('\n' + line);
    const qsizetype from = text.indexOf(' ', at + line.size());
    return at < 0 ? -1 : text.mid(from, text.indexOf('\n', from) - from).toDouble();
  }
  RoomBook &book() {
    return *context.shared<RoomBook>("rooms", [] { return std::shared_ptr<RoomBook>(); });
  }

  RoomsContext context;
  PointId lamp = PointId::None;
  WsConfig config = houseConfig();
  std::unique_ptr<Gateway> gateway;
};

/// One that is connected and greeted.
struct RoomsClient : RawClient {
  explicit RoomsClient(const House &house) : RawClient(house.gateway->port()) {
    if (upgrade("/ws"))
      id = next().value(QStringLiteral("data")).toObject().value(QStringLiteral("client_id")).toString();
  }
  void say(const char *json) { send(clientText(quoted(json))); }
  QJsonObject next() { return QJsonDocument::fromJson(nextFrame().payload).object(); }
  QString nextType() { return next().value(QStringLiteral("type")).toString(); }
  QString id;
};

}  // namespace tagwire::ws
