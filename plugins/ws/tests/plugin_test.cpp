// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>
#include <QWebSocket>

#include "gateway.h"
#include "protocols/makeprotocol.h"
#include "rawclient.h"
#include "testcontext.h"
#include "testprogram.h"

namespace plugin_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// A client as a browser has it, and what it was told.
struct Client {
  explicit Client(quint16 port, const char *path) {
    QObject::connect(&socket, &QWebSocket::textMessageReceived, &socket,
                     [this](const QString &text) { told << QJsonDocument::fromJson(text.toUtf8()).object(); });
    socket.open(QUrl(QStringLiteral("ws://localhost:%1%2").arg(port).arg(QLatin1String(path))));
  }
  void say(const char *text) { socket.sendTextMessage(QString::fromLatin1(text)); }
  /// The first message with this value under this key; empty if none came.
  QJsonObject await(const char *key, const char *value) {
    const auto isIt = [&](const QJsonObject &json) { return json.value(QLatin1String(key)) == QLatin1String(value); };
    if (!tagwire::testing::waitFor([&] { return std::any_of(told.begin(), told.end(), isIt); })) return {};
    return *std::find_if(told.begin(), told.end(), isIt);
  }
  QWebSocket socket;
  QList<QJsonObject> told;
};

}  // namespace

/// The whole plugin with its real protocols, from the socket to the protocol and back.
class PluginTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init();
  void cleanup();
  void R6_2_samplesReachALiveClient();
  void R5_5_commandByRestIsToldToThePanel();
  void R1_1_unknownManagerIsClosedAfterTheUpgrade();

 private:
  std::unique_ptr<TestContext> m_context;
  std::unique_ptr<Gateway> m_gateway;
  PointId m_point = PointId::None;
};

void PluginTest::init() {
  m_context = std::make_unique<TestContext>(QStringLiteral("plc1"));
  PointInfo point;
  point.name = QStringLiteral("boiler/temp");
  point.number = 59;
  point.writable = true;
  m_point = m_context->declare({point}).first();
  WsConfig config;
  config.listen = {QHostAddress(QHostAddress::LocalHost), 0};
  config.endpoints = QList<EndpointConfig>();
  config.auth = AuthConfig();
  config.auth->anonymous = {QStringLiteral("*:*")};
  for (const auto &[path, kind] : {std::pair{"/ws/live", ProtocolKind::Live}, std::pair{"/ws", ProtocolKind::Panel},
                                   std::pair{"/ws/{manager}", ProtocolKind::RtlsManager},
                                   std::pair{"/device/{device_id}", ProtocolKind::Device}}) {
    config.endpoints->append({*EndpointPath::fromText(QString::fromLatin1(path)), kind, {}});
  }
  m_gateway = std::make_unique<Gateway>(config, *m_context, &makeProtocol);
  m_gateway->start();
}

void PluginTest::cleanup() {
  m_gateway.reset();
  m_context.reset();
}

void PluginTest::R6_2_samplesReachALiveClient() {
  Client client(m_gateway->port(), "/ws/live");
  QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
  client.say(R"({"op":"subscribe","id":"a","topics":["points/plc1/boiler/*"]})");
  QVERIFY(!client.await("op", "snapshot").isEmpty());
  const Samples samples{{m_point, Quality::good(), m_context->clock().now(), Value(81.25)}};
  m_context->pointTable().update(samples);
  m_context->setSequence(1);
  m_gateway->write(samples);
  const QJsonObject point = client.await("op", "update").value(QStringLiteral("points")).toArray().at(0).toObject();
  QCOMPARE(point.value(QStringLiteral("p")).toString(), QStringLiteral("plc1/boiler/temp"));
  QCOMPARE(point.value(QStringLiteral("v")).toDouble(), 81.25);
}

void PluginTest::R5_5_commandByRestIsToldToThePanel() {
  Client client(m_gateway->port(), "/ws");
  QVERIFY(!client.await("type", "connected").isEmpty());
  client.say(R"({"type":"subscribe","channel":"commands"})");
  client.say(R"({"type":"ping"})");
  QVERIFY(!client.await("type", "pong").isEmpty());

  connect(m_gateway.get(), &Plugin::commandRequested, this, [this](const Command &command) {
    Event event;
    event.time = m_context->clock().now();
    event.body = CommandStatus{command.id, command.point, CommandState::Succeeded, command.value, {}};
    m_gateway->notify(event);
  });
  RawClient rest(m_gateway->port());
  rest.send(RawClient::head("POST", "/api/os/command", "Content-Length: 28\r\n") + R"({"endpointId":59,"value":80})");
  QTRY_COMPARE(rest.status(), 200);
  const QJsonObject status = client.await("type", "command_status");
  QCOMPARE(status.value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  QCOMPARE(status.value(QStringLiteral("actualValue")).toDouble(), 80.0);
}

void PluginTest::R1_1_unknownManagerIsClosedAfterTheUpgrade() {
  Client client(m_gateway->port(), "/ws/Nobody");
  QTRY_COMPARE(static_cast<int>(client.socket.closeCode()), 1008);
  QCOMPARE(client.socket.closeReason(), QStringLiteral("Manager not found"));
}

TAGWIRE_TEST(PluginTest)

}  // namespace plugin_test

#include "plugin_test.moc"
