// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include "gateway.h"
#include "rawclient.h"
#include "testcontext.h"

namespace tagwire::ws {

struct HttpReply {
  int status = 0;
  QByteArray head;
  QByteArray body;
  QJsonObject object() const { return QJsonDocument::fromJson(body).object(); }
  QJsonArray array() const { return QJsonDocument::fromJson(body).array(); }
};

/// A gateway in a host of the test, with two points of its own.
template <class Context>
struct RestFixtureIn {
  RestFixtureIn() : RestFixtureIn(config()) {}
  explicit RestFixtureIn(const WsConfig &settings)
      : RestFixtureIn(settings, [](const EndpointConfig &, GatewayState &) { return nullptr; }) {}
  RestFixtureIn(const WsConfig &settings, const ProtocolFactory &factory) : gateway(settings, context, factory) {
    PointInfo temperature;
    temperature.name = QStringLiteral("boiler/temp");
    temperature.number = 59;
    temperature.unit = QStringLiteral("°C");
    temperature.writable = true;
    temperature.minimum = 0;
    temperature.maximum = 100;
    PointInfo run;
    run.name = QStringLiteral("pump/run");
    run.number = 60;
    run.type = ValueType::Bool;
    ids = context.declare({temperature, run});
    QObject::connect(&gateway, &Plugin::commandRequested, &gateway,
                     [this](const Command &command) { commands.append(command); });
    gateway.start();
  }
  /// What an anonymous caller may do.
  static WsConfig config(const QStringList &permissions = {QStringLiteral("*:*")}) {
    WsConfig result;
    result.listen = {QHostAddress(QHostAddress::LocalHost), 0};
    result.endpoints = QList<EndpointConfig>();
    result.auth = AuthConfig();
    result.auth->anonymous = permissions;
    return result;
  }
  /// A step of a command, as the hub would tell it.
  void tell(const QString &id, CommandState state, const Value &actual = {}, const QString &error = {},
            int interlock = 0) {
    Event event;
    event.time = context.clock().now();
    event.body = CommandStatus{id, ids[0], state, actual, error, interlock};
    gateway.notify(event);
  }
  /// Its end: with an actual value, or else with what went wrong, which is interlock 5 when it was blocked.
  void end(const QString &id, CommandState state) {
    const bool isWell = state == CommandState::Succeeded;
    tell(id, state, isWell ? Value(80.0) : Value(), isWell ? QString() : QStringLiteral("it went wrong"),
         state == CommandState::Blocked ? 5 : 0);
  }
  HttpReply wait(RawClient &client) {
    HttpReply reply;
    if (!waitUntil([&] { return client.status() != 0; })) return reply;
    reply.status = client.status();
    reply.head = client.input().left(client.input().indexOf("\r\n\r\n") + 2);
    const qsizetype at = reply.head.indexOf("Content-Length: ") + 16;
    const qsizetype size = reply.head.mid(at, reply.head.indexOf("\r\n", at) - at).toLongLong();
    if (!waitUntil([&] { return client.input().size() >= reply.head.size() + 2 + size; })) return {};
    reply.body = client.input().mid(reply.head.size() + 2, size);
    return reply;
  }
  HttpReply get(const QByteArray &target) { return ask("GET", target); }
  HttpReply ask(const QByteArray &method, const QByteArray &target, const QByteArray &fields = {},
                const QByteArray &body = {}) {
    RawClient client(gateway.port());
    const QByteArray length =
        body.isNull() ? QByteArray() : "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head(method, target, fields + length) + body);
    return wait(client);
  }
  /// For answers whose body does not come, as those to HEAD.
  int statusOf(const QByteArray &method, const QByteArray &target, const QByteArray &fields = {}) {
    RawClient client(gateway.port());
    client.send(RawClient::head(method, target, fields));
    return waitUntil([&] { return client.status() != 0; }) ? client.status() : 0;
  }
  static QByteArray postHead(const QByteArray &body) {
    return RawClient::head("POST", "/api/os/command", "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
           body;
  }
  HttpReply send(const QByteArray &method, const QByteArray &target, const QByteArray &body) {
    RawClient client(gateway.port());
    client.send(RawClient::head(method, target, "Content-Length: " + QByteArray::number(body.size()) + "\r\n") + body);
    return wait(client);
  }
  HttpReply post(const QByteArray &body) {
    RawClient client(gateway.port());
    client.send(postHead(body));
    return wait(client);
  }

  Context context{QStringLiteral("plc1")};
  QList<PointId> ids;
  QList<Command> commands;
  Gateway gateway;
};

using RestFixture = RestFixtureIn<TestContext>;

/// How a command ends, and the status that a client gets who waits for it.
inline void addCommandEnds() {
  QTest::addColumn<int>("state");
  QTest::addColumn<int>("status");
  QTest::newRow("succeeded") << int(CommandState::Succeeded) << 200;
  QTest::newRow("blocked") << int(CommandState::Blocked) << 403;
  QTest::newRow("failed") << int(CommandState::Failed) << 409;
  QTest::newRow("expired") << int(CommandState::Expired) << 409;
  QTest::newRow("unknown") << int(CommandState::Unknown) << 409;
}

}  // namespace tagwire::ws
