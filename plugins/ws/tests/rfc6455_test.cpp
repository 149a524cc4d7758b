// SPDX-License-Identifier: Apache-2.0
#include <QSet>
#include <QTest>

#include <map>

#include "access/tokenstore.h"
#include "device/devicebook.h"
#include "echoprotocol.h"
#include "protocols/makeprotocol.h"
#include "protocols/tests/fakertls.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "rfc6455client.h"
#include "testprogram.h"

namespace rfc6455_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

constexpr int caseCount = 247;
constexpr int casesToPass = 245;

/// Echoes binary messages too.
class WholeEcho : public EchoProtocol {
 public:
  using EchoProtocol::EchoProtocol;
  bool takesBinary() const override { return true; }
  void receivedBinary(Session &session, const QByteArray &bytes) override { session.send(Frame::binary(bytes)); }
};

EndpointConfig endpointAt(const char *path, ProtocolKind kind) {
  return {*EndpointPath::fromText(QString::fromLatin1(path)), kind, {}};
}

WsConfig configWith(const QList<EndpointConfig> &endpoints) {
  WsConfig settings = RestFixture::config();
  settings.endpoints = endpoints;
  return settings;
}

/// A whole gateway on the loopback, with its own limits but for the size of messages.
struct EchoServer {
  explicit EchoServer(const QStringList &anonymous = {QStringLiteral("*:*")})
      : gateway(config(anonymous), context, echo()) {
    gateway.start();
  }
  static WsConfig config(const QStringList &anonymous) {
    EndpointConfig large = endpointAt("/echo", ProtocolKind::Live);
    large.limits.messageBytes = 512 * 1024;
    WsConfig settings = configWith({large, endpointAt("/small", ProtocolKind::Rooms)});
    settings.auth->anonymous = anonymous;
    return settings;
  }
  ProtocolFactory echo() {
    return [this](const EndpointConfig &, GatewayState &) { return std::make_unique<WholeEcho>(heard); };
  }

  TestContext context;
  Heard heard;
  Gateway gateway;
};

/// A whole gateway with all protocols as they are.
struct ProtocolServer : RestFixture {
  ProtocolServer() : RestFixture(config(), &makeProtocol) {
    Problems problems;
    const ConfigNode nothing;
    ConfigReader reader(nothing, QString(), problems);
    (void)DeviceBook::join(config(), context, reader);
    context.answerWith(&alarms);
    context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), &rtls);
  }
  static WsConfig config() {
    WsConfig settings =
        configWith({endpointAt("/ws/{manager}", ProtocolKind::RtlsManager),
                    endpointAt("/ws/device/{device_id}", ProtocolKind::Device),
                    endpointAt("/ws/alarms", ProtocolKind::Alarms), endpointAt("/rooms", ProtocolKind::Rooms),
                    endpointAt("/ws", ProtocolKind::Panel), endpointAt("/ws/live", ProtocolKind::Live)});
    settings.models[QStringLiteral("ems")].fields.insert(QStringLiteral("soc"), FieldConfig());
    settings.devices = {{QStringLiteral("ems_001"), QStringLiteral("ems")}};
    return settings;
  }
  /// The Authorization of a token that may do everything; devices take nobody without one.
  QByteArray credential() {
    TokenStore store(context.dataDir());
    const auto token = store.create(QStringLiteral("t"), *Permissions::fromTexts({QStringLiteral("*:*")}), std::nullopt,
                                    context.clock().now(), QStringLiteral("test"));
    gateway.stop();  // it would notice within a second
    gateway.start();
    return "Authorization: Bearer " + token.value_or(QByteArray()) + "\r\n";
  }

  FakeAlarms alarms;
  FakeRtls rtls;
};

/// The number in front of a case's name: "6.4.2".
QByteArray numberOf(const Rfc6455Case &each) { return each.name.left(each.name.indexOf(' ')); }

/// "6.4" of "6.4.2", "2" of "2.10".
QByteArray groupOf(const Rfc6455Case &each) {
  const QByteArray number = numberOf(each);
  return number.left(number.lastIndexOf('.'));
}

/// The first octet of a hundred.
QByteArray binaryBegins() { return ClientFrame{2, "x", true, true, 0, 100}.bytes(); }

}  // namespace

/// RFC 6455 conformance of the gateway: see Rfc6455Case.
class Rfc6455Test : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { m_server = std::make_unique<EchoServer>(); }
  void conforms_data();
  void conforms();
  void enoughCasesPass();
  void listIsWhole();
  void readerForgivesNothing_data();
  void readerForgivesNothing();
  void protocolsRefuseBinaryBeforeItCame_data();
  void protocolsRefuseBinaryBeforeItCame();
  void protocolsTakeNoBinary();
  void binaryKeepsTheLimits();
  void binaryIsNoFirstMessage();
  void cleanupTestCase() { m_server.reset(); }

 private:
  std::unique_ptr<EchoServer> m_server;
  const QList<Rfc6455Case> m_cases = rfc6455Cases();
  int m_ran = 0;
  int m_passed = 0;
};

void Rfc6455Test::conforms_data() {
  QTest::addColumn<int>("row");
  for (int row = 0; row < m_cases.size(); ++row) QTest::newRow(m_cases[row].name.constData()) << row;
}

void Rfc6455Test::conforms() {
  QFETCH(int, row);
  ++m_ran;
  const QString problem = Rfc6455Client(m_server->gateway.port(), m_cases[row]).run("/echo");
  QVERIFY2(problem.isEmpty(), qPrintable(problem));
  QTRY_VERIFY(m_server->heard.open.isEmpty());
  ++m_passed;
}

void Rfc6455Test::enoughCasesPass() {
  if (m_ran < m_cases.size()) QSKIP("only some of the cases were asked for");
  qInfo("%d of %d pass", m_passed, caseCount);
  QVERIFY(m_passed >= casesToPass);
}

void Rfc6455Test::listIsWhole() {
  QSet<QByteArray> numbers;
  std::map<QByteArray, int> groups;
  for (const Rfc6455Case &each : m_cases) {
    numbers.insert(numberOf(each));
    ++groups[groupOf(each)];
  }
  const std::map<QByteArray, int> expected{
      {"1.1", 8},  {"1.2", 8},  {"2", 11},   {"3", 7},    {"4.1", 5},   {"4.2", 5},  {"5", 20},   {"6.1", 3},
      {"6.2", 4},  {"6.3", 2},  {"6.4", 4},  {"6.5", 5},  {"6.6", 11},  {"6.7", 4},  {"6.8", 2},  {"6.9", 4},
      {"6.10", 3}, {"6.11", 5}, {"6.12", 8}, {"6.13", 5}, {"6.14", 10}, {"6.15", 1}, {"6.16", 3}, {"6.17", 5},
      {"6.18", 5}, {"6.19", 5}, {"6.20", 7}, {"6.21", 8}, {"6.22", 34}, {"6.23", 7}, {"7.1", 6},  {"7.3", 6},
      {"7.5", 1},  {"7.7", 13}, {"7.9", 9},  {"7.13", 2}, {"10.1", 1}};
  QCOMPARE(groups, expected);
  QCOMPARE(numbers.size(), caseCount);
  QCOMPARE(m_cases.size(), caseCount);
}

void Rfc6455Test::readerForgivesNothing_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<bool>("isGood");
  const auto row = [](const char *name, const char *hex, bool isGood) {
    QTest::newRow(name) << QByteArray::fromHex(hex) << isGood;
  };
  row("text and close", "810161880203e8", true);
  row("close without a code", "8800", true);
  row("masked", "81810000000061", false);
  row("reserved bit", "c10161", false);
  row("fragment", "010161", false);
  row("text that is no UTF-8", "8101ff", false);
  row("ping that nobody needs", "8900", false);
  row("unknown opcode", "8300", false);
  row("continuation", "8000", false);
  row("two octets for a short length", "817e000161", false);
  row("eight octets for a short length", "817f000000000000000161", false);
  row("long pong", "8a7e007e", false);
  row("half a close code", "880103", false);
  row("close reason that is no UTF-8", "880303e8ff", false);
  row("behind the close", "880203e88a00", false);
}

void Rfc6455Test::readerForgivesNothing() {
  QFETCH(QByteArray, bytes);
  QFETCH(bool, isGood);
  if (bytes.startsWith("\x8a\x7e")) bytes += QByteArray(126, 'x');
  Rfc6455Reader reader;
  reader.read(bytes);
  QCOMPARE(reader.problem().isEmpty(), isGood);
  QVERIFY(!isGood || !reader.hasRest());
}

void Rfc6455Test::protocolsRefuseBinaryBeforeItCame_data() {
  QTest::addColumn<QByteArray>("path");
  for (const char *path :
       {"/ws/Manager1", "/ws/events", "/ws/device/ems_001", "/ws/alarms", "/rooms", "/ws", "/ws/live"}) {
    QTest::newRow(path) << QByteArray(path);
  }
}

/// Some protocols greet; what counts is how the session ends.
void Rfc6455Test::protocolsRefuseBinaryBeforeItCame() {
  QFETCH(QByteArray, path);
  ProtocolServer server;
  const QByteArray credential = server.credential();
  RawClient client(server.gateway.port());
  client.send(RawClient::upgradeHead(path, credential));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  client.send(binaryBegins());
  QCOMPARE(client.closeCode(), 1003);
  QTRY_VERIFY(!client.isConnected());
}

void Rfc6455Test::protocolsTakeNoBinary() {
  ProtocolServer server;
  QList<ProtocolKind> kinds{ProtocolKind::RtlsEvents};
  for (const auto &[word, kind] : enumWords(ProtocolKind())) kinds << kind;
  GatewayState state(ProtocolServer::config(), server.context);
  for (const ProtocolKind kind : std::as_const(kinds)) {
    QVERIFY2(!makeProtocol({{}, kind, {}}, state)->takesBinary(), tagwire::ws::wordOf(kind));
  }
}

void Rfc6455Test::binaryKeepsTheLimits() {
  const quint16 port = m_server->gateway.port();
  const QByteArray most(512, '\xfe');
  const QByteArray token = "\"access_token\"" + most;
  const auto run = [port](const Rfc6455Case &each) { return Rfc6455Client(port, each).run("/small"); };
  QCOMPARE(run(answered("", {rfc6455Frame(2, most)}, {{2, most}})), QString());
  QCOMPARE(run(answered("", atOnce(fragmented(2, {most.left(1), most.mid(1)})), {{2, most}})), QString());
  QCOMPARE(run(closed("", {rfc6455Frame(2, most + 'x')}, 1009)), QString());
  QCOMPARE(run(closed("", atOnce(fragmented(2, {most, "x"})), 1009)), QString());
  QCOMPARE(run(closed("", {rfc6455Frame(2, token)}, 1009)), QString());
}

void Rfc6455Test::binaryIsNoFirstMessage() {
  EchoServer server{QStringList()};
  const Rfc6455Case refused = closed("", {rfc6455Frame(2, "hello")}, 4401);
  QCOMPARE(Rfc6455Client(server.gateway.port(), refused).run("/echo"), QString());
  QVERIFY(server.heard.open.isEmpty());
}

TAGWIRE_TEST(Rfc6455Test)

}  // namespace rfc6455_test

#include "rfc6455_test.moc"
