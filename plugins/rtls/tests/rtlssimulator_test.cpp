// SPDX-License-Identifier: Apache-2.0
#include "simulator/rtlssimulator.h"

#include <QHostAddress>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkDatagram>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QUdpSocket>
#include <QWebSocketServer>
#include <QtTest>

#include "intake/fixline.h"
#include "testprogram.h"

namespace rtlssimulator_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Against QWebSocketServer, a WebSocket of somebody else's making.
class RtlsSimulatorTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void cleanup();
  void R1_10_sendsGisData();
  void R1_8_answersHeartBeatWithTheSameTime();
  void refusalsAreSaidOncePerKind();
  void dialsAgain();
  void dialsUntilSomebodyIsThere();
  void helpEndsTheProgram();
  void optionsThatDoNotGoTogether();
  void sendsLinesOverTcp();
  void dialsTcpAgain();
  void sendsDatagrams();
  void walksAlongAPath();
  void replaysAndEnds();
  void tokenGoesIntoTheHeader();
  void wrongArguments_data();
  void wrongArguments();
  void neverRepeatsACredential();
  void destroyWhileConnected();

 private:
  QStringList arguments(const QStringList &more = {}) const;

  std::unique_ptr<QWebSocketServer> m_server;
  std::unique_ptr<QWebSocket> m_client;
  QList<QJsonObject> m_received;
  int m_connections = 0;
};

void RtlsSimulatorTest::init() {
  m_received.clear();
  m_connections = 0;
  m_server = std::make_unique<QWebSocketServer>(QStringLiteral("test"), QWebSocketServer::NonSecureMode);
  connect(m_server.get(), &QWebSocketServer::newConnection, this, [this] {
    m_client.reset(m_server->nextPendingConnection());
    ++m_connections;
    connect(m_client.get(), &QWebSocket::textMessageReceived, this,
            [this](const QString &text) { m_received << QJsonDocument::fromJson(text.toUtf8()).object(); });
  });
  QVERIFY(m_server->listen(QHostAddress::LocalHost, 0));
}

void RtlsSimulatorTest::cleanup() {
  m_client.reset();
  m_server.reset();
}

QStringList RtlsSimulatorTest::arguments(const QStringList &more) const {
  return QStringList{QStringLiteral("--url"),
                     QStringLiteral("ws://127.0.0.1:%1/ws/Manager1").arg(m_server->serverPort()),
                     QStringLiteral("--rate"), QStringLiteral("50")} +
         more;
}

void RtlsSimulatorTest::R1_10_sendsGisData() {
  RtlsSimulator simulator;
  const auto line =
      simulator.start(arguments({QStringLiteral("--tags"), QStringLiteral("2"), QStringLiteral("--area"),
                                 QStringLiteral("10,20,30,40"), QStringLiteral("--zone"), QStringLiteral("417")}));
  QVERIFY2(line, line ? "" : qPrintable(line.error().text));
  QVERIFY(line->contains(QLatin1String("SIM1 to SIM2")));
  QTRY_VERIFY(m_received.size() >= 10);
  QCOMPARE(m_client->requestUrl().path(), QStringLiteral("/ws/Manager1"));
  for (qsizetype i = 0; i < 10; ++i) {
    const QJsonObject &fix = m_received.at(i);
    QCOMPARE(fix.value(QLatin1String("type")).toString(), QStringLiteral("GISData"));
    QCOMPARE(fix.value(QLatin1String("ID")).toString(), i % 2 == 0 ? QStringLiteral("SIM1") : QStringLiteral("SIM2"));
    QCOMPARE(fix.value(QLatin1String("Sequence")).toInt(), i / 2 + 1);
    QCOMPARE(fix.value(QLatin1String("zone_id")).toInt(), 417);
    QVERIFY(fix.value(QLatin1String("X")).toDouble() >= 10 && fix.value(QLatin1String("X")).toDouble() <= 30);
    QVERIFY(fix.value(QLatin1String("Y")).toDouble() >= 20 && fix.value(QLatin1String("Y")).toDouble() <= 40);
    const QDateTime time = QDateTime::fromString(fix.value(QLatin1String("TS")).toString(), Qt::ISODateWithMs);
    QVERIFY(qAbs(time.msecsTo(QDateTime::currentDateTimeUtc())) < 60'000);
  }
}

void RtlsSimulatorTest::R1_8_answersHeartBeatWithTheSameTime() {
  RtlsSimulator simulator;
  QVERIFY(simulator.start(arguments({QStringLiteral("--tags"), QStringLiteral("1")})));
  QTRY_VERIFY(m_client != nullptr);
  m_client->sendTextMessage(QStringLiteral(R"({"type":"HeartBeat","ts":1746448496789})"));
  const auto beats = [this] {
    return std::count_if(m_received.cbegin(), m_received.cend(), [](const QJsonObject &json) {
      return json.value(QLatin1String("type")) == QLatin1String("HeartBeat") &&
             json.value(QLatin1String("ts")).toInteger() == 1746448496789;
    });
  };
  QTRY_COMPARE(beats(), 1);
}

void RtlsSimulatorTest::refusalsAreSaidOncePerKind() {
  RtlsSimulator simulator;
  QVERIFY(simulator.start(arguments({QStringLiteral("--tags"), QStringLiteral("1")})));
  QTRY_VERIFY(m_client != nullptr);
  static QStringList said;
  said.clear();
  const auto before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &, const QString &text) {
    if (type == QtWarningMsg) said << text;
  });
  for (int i = 0; i < 20; ++i) {
    m_client->sendTextMessage(
        QStringLiteral(R"({"type":"response","reqid":"","response":"Unknown","message":"SIM%1 is not known"})").arg(i));
  }
  m_client->sendTextMessage(
      QStringLiteral(R"({"type":"response","reqid":"","response":"Unknown","message":"no \u001b[31m zone"})"));
  m_client->sendTextMessage(QStringLiteral("not json"));
  m_client->sendTextMessage(QStringLiteral(R"({"type":"HeartBeat","ts":7})"));
  const bool answered = tagwire::testing::waitFor([this] {
    return std::any_of(m_received.cbegin(), m_received.cend(),
                       [](const QJsonObject &json) { return json.value(QLatin1String("ts")).toInt() == 7; });
  });
  qInstallMessageHandler(before);
  QVERIFY(answered);
  QCOMPARE(said, (QStringList{QStringLiteral("refused: SIM0 is not known (said once)"),
                              QStringLiteral("refused: no ?[31m zone (said once)")}));
}

void RtlsSimulatorTest::dialsAgain() {
  RtlsSimulator simulator;
  QVERIFY(simulator.start(arguments()));
  QTRY_COMPARE(m_connections, 1);
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("not connected: Manager not found")));
  m_client->close(QWebSocketProtocol::CloseCodePolicyViolated, QStringLiteral("Manager not found"));
  QTRY_COMPARE(m_connections, 2);
  m_received.clear();
  QTRY_VERIFY(!m_received.isEmpty());
}

void RtlsSimulatorTest::dialsUntilSomebodyIsThere() {
  const quint16 port = m_server->serverPort();
  m_server->close();
  RtlsSimulator simulator;
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("not connected: ")));
  QVERIFY(
      simulator.start(arguments({QStringLiteral("--url"), QStringLiteral("ws://127.0.0.1:%1/ws/Manager1").arg(port)})));
  QTest::qWait(100);
  QVERIFY(m_server->listen(QHostAddress::LocalHost, port));
  QTRY_COMPARE(m_connections, 1);
}

void RtlsSimulatorTest::wrongArguments_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QString>("message");
  const auto row = [](const char *option, const char *value, const char *message) {
    QTest::addRow("%s %s", option, value)
        << QStringList{QString::fromLatin1(option), QString::fromLatin1(value)} << QString::fromLatin1(message);
  };
  row("--url", "http://127.0.0.1:8080/", "allowed: ws://host:port");
  row("--url", "ws://", "allowed: ws://host:port");
  row("--tags", "0", "--tags 0 (allowed: a number from 1 to 10000)");
  row("--tags", "1.5", "whole number");
  row("--tags", "many", "--tags many");
  row("--area", "0,0,10", "allowed: x0,y0,x1,y1");
  row("--area", "10,0,0,10", "allowed: x0,y0,x1,y1");
  row("--area", "0,0,nan,10", "allowed: x0,y0,x1,y1");
  row("--rate", "0", "--rate 0");
  row("--rate", "nan", "--rate nan");
  row("--speed", "-1", "--speed -1");
  row("--zone", "-1", "--zone -1");
  row("--colour", "red", "colour");
  row("stray", "word", "stray");
  row("--url", "tcp://127.0.0.1", "tcp://host:port");
  row("--url", "udp://127.0.0.1:5005/path", "udp://host:port");
  row("--path", "1,2", "allowed: x,y;x,y;");
  row("--path", "1,2;1,2", "two places or more");
  row("--path", "1,2;3", "allowed: x,y;x,y;");
  row("--path", "1,2;nan,4", "allowed: x,y;x,y;");
  row("--at-end", "bounce", "--at-end means nothing without --path");
  row("--jitter", "-1", "--jitter -1");
  row("--loss", "1.5", "--loss 1.5 (allowed: a number from 0 to 1)");
  row("--speedup", "2", "--speedup means nothing without --replay");
  row("--replay", "/nowhere.csv", "--replay: /nowhere.csv");
}

void RtlsSimulatorTest::wrongArguments() {
  QFETCH(QStringList, arguments);
  QFETCH(QString, message);
  RtlsSimulator simulator;
  const auto line = simulator.start(arguments);
  QVERIFY(!line);
  QVERIFY2(line.error().text.contains(message), qPrintable(line.error().text));
}

void RtlsSimulatorTest::helpEndsTheProgram() {
  RtlsSimulator simulator;
  QSignalSpy finished(&simulator, &Tool::finished);
  const auto line = simulator.start({QStringLiteral("--help")});
  QVERIFY(line);
  QVERIFY(line->contains(QLatin1String("--area <x0,y0,x1,y1>")) && line->contains(QLatin1String("--replay <file>")));
  QVERIFY(finished.isEmpty());
  QTRY_COMPARE(finished.size(), 1);
  QCOMPARE(finished[0][0].toInt(), 0);
}

void RtlsSimulatorTest::optionsThatDoNotGoTogether() {
  const auto errorOf = [](const QStringList &arguments) { return SimulatorOptions::fromArguments(arguments).error(); };
  const auto path = QStringLiteral("--path=0,0;1,1");
  QCOMPARE(errorOf({path, QStringLiteral("--area=0,0,1,1")}), QStringLiteral("--area means nothing with --path"));
  QCOMPARE(errorOf({QStringLiteral("--replay=a.csv"), path}), QStringLiteral("--path means nothing with --replay"));
  QCOMPARE(errorOf({path, QStringLiteral("--at-end=fly")}),
           QStringLiteral("--at-end fly (allowed: bounce, stop, restart)"));
}

void RtlsSimulatorTest::sendsLinesOverTcp() {
  QTcpServer server;
  QVERIFY(server.listen(QHostAddress::LocalHost));
  RtlsSimulator simulator;
  QVERIFY(simulator.start({QStringLiteral("--url=tcp://127.0.0.1:%1").arg(server.serverPort()),
                           QStringLiteral("--tags=3"), QStringLiteral("--rate=50")}));
  QTRY_VERIFY(server.hasPendingConnections());
  const std::unique_ptr<QTcpSocket> client(server.nextPendingConnection());
  for (int i = 0; i < 9; ++i) {
    QTRY_VERIFY(client->canReadLine());
    const auto fix = fixFromLine(client->readLine(), QTimeZone::utc());
    QVERIFY2(fix, fix ? "" : qPrintable(fix.error()));
    QCOMPARE(fix->fix.tag, QStringLiteral("SIM%1").arg(i % 3 + 1));
  }
  QTest::ignoreMessage(QtWarningMsg, "refused: no zone 7 (said once)");
  client->write(refusalLine(QStringLiteral("no zone 7")) + refusalLine(QStringLiteral("no zone 8")));
  client->flush();
  QTest::qWait(50);
}

void RtlsSimulatorTest::dialsTcpAgain() {
  QTcpServer server;
  QVERIFY(server.listen(QHostAddress::LocalHost));
  const quint16 port = server.serverPort();
  server.close();
  RtlsSimulator simulator;
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("not connected: ")));
  QVERIFY(simulator.start({QStringLiteral("--url=tcp://127.0.0.1:%1").arg(port)}));
  QTest::qWait(100);
  QVERIFY(server.listen(QHostAddress::LocalHost, port));
  QTRY_VERIFY(server.hasPendingConnections());
}

void RtlsSimulatorTest::sendsDatagrams() {
  QUdpSocket receiver;
  QVERIFY(receiver.bind(QHostAddress::LocalHost, 0));
  RtlsSimulator simulator;
  QVERIFY(simulator.start({QStringLiteral("--url=udp://127.0.0.1:%1").arg(receiver.localPort()),
                           QStringLiteral("--tags=1"), QStringLiteral("--rate=50"), QStringLiteral("--jitter=0.5")}));
  for (int i = 0; i < 5; ++i) {
    QTRY_VERIFY(receiver.hasPendingDatagrams());
    const auto fix = fixFromLine(receiver.receiveDatagram().data(), QTimeZone::utc());
    QVERIFY2(fix, fix ? "" : qPrintable(fix.error()));
    QCOMPARE(fix->fix.sequence, i + 1);
    QCOMPARE(fix->fix.accuracy, 0.5);
  }
}

void RtlsSimulatorTest::walksAlongAPath() {
  RtlsSimulator simulator;
  QVERIFY(simulator.start(arguments({QStringLiteral("--tags=2"), QStringLiteral("--path=0,5;10,5"),
                                     QStringLiteral("--path=100,0,3;100,50,3"), QStringLiteral("--speed=10")})));
  QTRY_VERIFY(m_received.size() >= 10);
  for (qsizetype i = 0; i < 10; ++i) {
    const QJsonObject &fix = m_received.at(i);
    const bool first = fix.value(QLatin1String("ID")) == QLatin1String("SIM1");
    QCOMPARE(fix.value(first ? QLatin1String("Y") : QLatin1String("X")).toDouble(), first ? 5.0 : 100.0);
    QCOMPARE(fix.value(QLatin1String("Z")).toDouble(), first ? 1.0 : 3.0);
  }
}

void RtlsSimulatorTest::replaysAndEnds() {
  QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("walk.csv")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  QByteArray rows = "time_ms,tag,x,y,z\n";
  for (int i = 0; i < 50; ++i) rows += QByteArray::number(i * 1000) + ",BADGE," + QByteArray::number(i) + ",2,1\n";
  file.write(rows);
  file.close();
  RtlsSimulator simulator;
  QSignalSpy finished(&simulator, &Tool::finished);
  // Without --rate of arguments(): a recording has its own.
  const auto line = simulator.start(
      {arguments()[0], arguments()[1], QStringLiteral("--replay"), file.fileName(), QStringLiteral("--speedup=200")});
  QVERIFY2(line, line ? "" : qPrintable(line.error().text));
  QVERIFY(line->startsWith(QLatin1String("50 positions of ")));
  QTRY_COMPARE(finished.size(), 1);
  QCOMPARE(finished[0][0].toInt(), 0);
  QTRY_COMPARE(m_received.size(), 50);
  for (int i = 0; i < 50; ++i) QCOMPARE(m_received.at(i).value(QLatin1String("X")).toDouble(), double(i));
}

void RtlsSimulatorTest::tokenGoesIntoTheHeader() {
  qputenv("TAGWIRE_TOKEN", " sesame\n");
  RtlsSimulator simulator;
  const auto line = simulator.start(arguments());
  qunsetenv("TAGWIRE_TOKEN");
  QVERIFY(line);
  QVERIFY(!line->contains(QLatin1String("sesame")));
  QTRY_VERIFY(m_client != nullptr);
  QCOMPARE(m_client->request().rawHeader("Authorization"), QByteArray("Bearer sesame"));
  QVERIFY(!m_client->requestUrl().toString().contains(QLatin1String("sesame")));
}

void RtlsSimulatorTest::neverRepeatsACredential() {
  for (const char *url :
       {"ws://me:sesame@127.0.0.1/ws/M", "ws://127.0.0.1/ws/M?token=sesame", "ws://127.0.0.1/ws/M?a=1&jwt=sesame"}) {
    const auto options = SimulatorOptions::fromArguments({QStringLiteral("--url"), QString::fromLatin1(url)});
    QVERIFY(!options);
    QVERIFY(!options.error().contains(QLatin1String("sesame")));
  }
}

void RtlsSimulatorTest::destroyWhileConnected() {
  auto simulator = std::make_unique<RtlsSimulator>();
  QVERIFY(simulator->start(arguments()));
  QTRY_VERIFY(!m_received.isEmpty());
  simulator.reset();
  QTRY_COMPARE(m_client->state(), QAbstractSocket::UnconnectedState);
}

TAGWIRE_TEST(RtlsSimulatorTest)

}  // namespace rtlssimulator_test

#include "rtlssimulator_test.moc"
