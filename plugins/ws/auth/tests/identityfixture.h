// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include "../../tests/clientframe.h"
#include "../../tests/gatewayfixture.h"
#include "../../tests/rawclient.h"
#include "tokenmaker.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

inline constexpr const char *jwtKey = "0123456789abcdef0123456789abcdef";

inline WsConfig strictConfig() {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live), endpoint("/ws", ProtocolKind::Panel)});
  settings.auth->anonymous.clear();
  settings.auth->jwt = JwtConfig();
  settings.auth->jwt->key = Secret(QString::fromLatin1(jwtKey));
  settings.auth->roles.insert(QStringLiteral("shift_lead"), {QStringLiteral("users:admin"), QStringLiteral("*:read")});
  return settings;
}

struct HttpAnswer {
  int status = 0;
  QByteArray head;
  QJsonObject json;
  QByteArray cookie;  ///< "name=value" of Set-Cookie
};

/// A gateway in which nobody gets in without showing who they are.
struct IdentityFixture : GatewayFixture {
  explicit IdentityFixture(const WsConfig &settings = strictConfig()) : GatewayFixture(settings) {}

  QByteArray makeToken(const char *name, const QStringList &permissions, std::optional<Time> expires = {}) {
    TokenStore store(context.dataDir());
    store.refresh();
    const auto text = store.create(QString::fromLatin1(name), *Permissions::fromTexts(permissions), expires,
                                   context.clock().now(), QStringLiteral("test"));
    passTime(1s);
    return *text;
  }
  void makeUser(const char *name, const char *role, const char *password) {
    UserStore store(context.dataDir());
    store.refresh();
    QVERIFY(store.add(QString::fromLatin1(name), QString::fromLatin1(role), QString::fromLatin1(password),
                      context.clock().now()));
    passTime(1s);
  }
  /// And lets the gateway look at the clock.
  void passTime(std::chrono::nanoseconds time) {
    context.manualClock().advance(time);
    QTest::qWait(250);  // two ticks of the gateway, which run by the real clock
  }
  HttpAnswer ask(const QByteArray &method, const QByteArray &target, const QByteArray &fields = {},
                 const QByteArray &body = {}) {
    RawClient client(gateway.port());
    const QByteArray length =
        body.isEmpty() ? QByteArray() : "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head(method, target, fields + length + "Connection: close\r\n") + body);
    HttpAnswer reply;
    if (!testing::waitFor([&] { return !client.isConnected() && client.status() != 0; })) return reply;
    reply.status = client.status();
    const qsizetype end = client.input().indexOf("\r\n\r\n");
    reply.head = client.input().left(end + 2);
    reply.json = QJsonDocument::fromJson(client.input().mid(end + 4)).object();
    const qsizetype at = reply.head.indexOf("Set-Cookie: ");
    if (at >= 0) reply.cookie = reply.head.mid(at + 12, reply.head.indexOf(';', at) - at - 12);
    return reply;
  }
  HttpAnswer login(const char *user, const char *password) {
    return ask("POST", "/api/v1/login", {}, R"({"user":")" + QByteArray(user) + R"(","password":")" + password + "\"}");
  }
  static QByteArray bearer(const QByteArray &token) { return "Authorization: Bearer " + token + "\r\n"; }
};

inline QByteArray authMessage(const QByteArray &token) {
  return clientText(R"({"op":"auth","access_token":")" + token + "\"}");
}

}  // namespace tagwire::ws
