// SPDX-License-Identifier: Apache-2.0
#include "intake/intake.h"

#include <QJsonDocument>
#include <QTcpSocket>
#include <QUdpSocket>
#include <QtTest>

#include "rtls.h"
#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

/// Real sockets on loopback.
class IntakeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void R1_10_datagramsOfSeveralLines();
  void R1_10_linesOverTcp();
  void R1_7_refusedLinesAreAnswered();
  void udpIsNotAnswered();
  void sequencesBeginAnewWithAConnection();
  void onlyFromWhereItIsAllowed();
  void tooManyConnections();
  void silentOnesMakeRoom();
  void halfLinesTimeOut();
  void longLinesAreDropped();
  void floodsTakeTurns();
  void whoReadsNoAnswersGetsNone();
  void datagramsThatTheKernelDropsAreCounted();
  void portThatIsTaken();
  void opensAgain();
  void rtlsTakesFixesIn();
  void rtlsFailsWhenAPortIsTaken();

 private:
  std::unique_ptr<Intake> make(const char *intake);
  double dropped(const char *reason) const;
  double refused(const char *reason) const;
  void send(QTcpSocket &socket, const QByteArray &bytes);
  std::unique_ptr<QTcpSocket> dial(quint16 port);
  static QByteArray lineOf(const char *tag, double x) {
    return "{\"ID\":\"" + QByteArray(tag) + "\",\"X\":" + QByteArray::number(x) + ",\"Y\":2}\n";
  }

  std::unique_ptr<TestContext> m_context;
  QList<IncomingFix> m_taken;
  QString m_refusal;  ///< what whoever takes fixes says; empty: takes them
};

void IntakeTest::init() {
  m_context = std::make_unique<TestContext>(QStringLiteral("uwb"));
  m_taken.clear();
  m_refusal.clear();
}

std::unique_ptr<Intake> IntakeTest::make(const char *intake) {
  QString errors;
  const auto config = readConfig<RtlsConfig>("{\"managers\":[\"M\"],\"intake\":" + QByteArray(intake) + "}", &errors);
  if (!config) qFatal("%s", qPrintable(errors));
  auto made = std::make_unique<Intake>(config->intake, *m_context, [this](const IncomingFix &fix) -> Result<void> {
    if (!m_refusal.isEmpty()) return failure(m_refusal);
    m_taken << fix;
    return {};
  });
  if (const auto opened = made->open(); !opened) qFatal("%s", qPrintable(opened.error()));
  return made;
}

double IntakeTest::dropped(const char *reason) const {
  return m_context->metrics().counter("tagwire_rtls_intake_dropped_total", "", {{"reason", reason}}).value();
}

double IntakeTest::refused(const char *reason) const {
  return m_context->metrics().counter("tagwire_rtls_fixes_refused_total", "", {{"reason", reason}}).value();
}

std::unique_ptr<QTcpSocket> IntakeTest::dial(quint16 port) {
  auto socket = std::make_unique<QTcpSocket>();
  socket->connectToHost(QHostAddress::LocalHost, port);
  if (!socket->waitForConnected()) qFatal("not connected");
  return socket;
}

void IntakeTest::send(QTcpSocket &socket, const QByteArray &bytes) {
  socket.write(bytes);
  while (socket.bytesToWrite() > 0) QTest::qWait(1);
}

void IntakeTest::R1_10_datagramsOfSeveralLines() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"}]");
  QUdpSocket sender;
  sender.writeDatagram(lineOf("A", 1) + lineOf("B", 2) + "\r\n" + lineOf("C", 3).chopped(1), QHostAddress::LocalHost,
                       intake->ports().first());
  sender.writeDatagram("{\"ID\":\"A\",\"X\":NaN,\"Y\":2}\n" + lineOf("D", 4), QHostAddress::LocalHost,
                       intake->ports().first());
  QTRY_COMPARE(m_taken.size(), 4);
  QCOMPARE(m_taken[2].fix.tag, QStringLiteral("C"));
  QCOMPARE(m_taken[2].x, 3.0);
  QCOMPARE(m_taken[3].fix.tag, QStringLiteral("D"));
  QCOMPARE(refused("malformed"), 1.0);
  QVERIFY(m_taken[0].sender.startsWith(QLatin1String("udp 127.0.0.1 port ")));
}

void IntakeTest::R1_10_linesOverTcp() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"},{\"tcp\":\"[::1]:0\"}]");
  auto sender = dial(intake->ports().first());
  send(*sender, lineOf("A", 1) + lineOf("B", 2).chopped(5));
  QTRY_COMPARE(m_taken.size(), 1);
  send(*sender, lineOf("B", 2).right(5));
  QTRY_COMPARE(m_taken.size(), 2);
  QCOMPARE(m_taken[1].fix.tag, QStringLiteral("B"));
  // What was sent before the end counts.
  send(*sender, lineOf("C", 3).chopped(1));
  sender->disconnectFromHost();
  QTRY_COMPARE(m_taken.size(), 3);
  QCOMPARE(intake->ports().size(), 2);
}

void IntakeTest::R1_7_refusedLinesAreAnswered() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  auto sender = dial(intake->ports().first());
  send(*sender, "{\"ID\":\"A\",\"X\":\"here\",\"Y\":2}\n" + lineOf("A", 1));
  QTRY_VERIFY(sender->canReadLine());
  const QJsonObject answer = QJsonDocument::fromJson(sender->readLine()).object();
  QCOMPARE(answer.value(QLatin1String("response")).toString(), QStringLiteral("Unknown"));
  QCOMPARE(answer.value(QLatin1String("message")).toString(), QStringLiteral("X must be a number"));
  QTRY_COMPARE(m_taken.size(), 1);
  m_refusal = QStringLiteral("no zone 7");
  send(*sender, lineOf("A", 2));
  QTRY_VERIFY(sender->canReadLine());
  QVERIFY(sender->readLine().contains("no zone 7"));
  QCOMPARE(refused("malformed"), 1.0);  // the other one counts who refused it
}

void IntakeTest::udpIsNotAnswered() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"}]");
  QUdpSocket sender;
  QVERIFY(sender.bind(QHostAddress::LocalHost, 0));
  sender.writeDatagram("nonsense\n", QHostAddress::LocalHost, intake->ports().first());
  sender.writeDatagram(lineOf("A", 1), QHostAddress::LocalHost, intake->ports().first());
  QTRY_COMPARE(m_taken.size(), 1);
  QVERIFY(!sender.hasPendingDatagrams());
}

void IntakeTest::sequencesBeginAnewWithAConnection() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  for (int i = 1; i <= 2; ++i) {
    auto sender = dial(intake->ports().first());
    send(*sender, lineOf("A", 1));
    QTRY_COMPARE(m_taken.size(), i);
  }
  QVERIFY(m_taken[0].sender != m_taken[1].sender);
}

void IntakeTest::onlyFromWhereItIsAllowed() {
  const auto intake = make(
      "[{\"tcp\":\"127.0.0.1:0\",\"from\":[\"192.0.2.0/24\"]},{\"udp\":\"127.0.0.1:0\",\"from\":[\"192.0.2.7\"]},"
      "{\"udp\":\"127.0.0.1:0\",\"from\":[\"192.0.2.7\",\"127.0.0.0/8\"]}]");
  auto sender = dial(intake->ports().first());
  QTRY_COMPARE(sender->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(dropped("sender"), 1.0);
  QUdpSocket datagrams;
  datagrams.writeDatagram(lineOf("A", 1), QHostAddress::LocalHost, intake->ports().at(1));
  QTRY_COMPARE(dropped("sender"), 2.0);
  QVERIFY(m_taken.isEmpty());
  datagrams.writeDatagram(lineOf("A", 1), QHostAddress::LocalHost, intake->ports().at(2));
  QTRY_COMPARE(m_taken.size(), 1);
}

void IntakeTest::tooManyConnections() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\",\"connections\":2}]");
  const auto one = dial(intake->ports().first()), two = dial(intake->ports().first());
  auto three = dial(intake->ports().first());
  QTRY_COMPARE(three->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(dropped("connections"), 1.0);
  QCOMPARE(m_context->metrics().gauge("tagwire_rtls_intake_connections", "").value(), 2.0);
  send(*one, lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 1);
  two->disconnectFromHost();
  QTRY_COMPARE(m_context->metrics().gauge("tagwire_rtls_intake_connections", "").value(), 1.0);
  three = dial(intake->ports().first());
  send(*three, lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 2);
}

void IntakeTest::silentOnesMakeRoom() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\",\"connections\":1}]");
  const auto one = dial(intake->ports().first());
  send(*one, lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 1);
  m_context->manualClock().advance(60s);
  const auto two = dial(intake->ports().first());
  QTRY_COMPARE(one->state(), QAbstractSocket::UnconnectedState);
  send(*two, lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 2);
}

void IntakeTest::halfLinesTimeOut() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\",\"line_timeout_ms\":100}]");
  const auto idle = dial(intake->ports().first()), half = dial(intake->ports().first());
  send(*idle, lineOf("A", 1));
  send(*half, lineOf("A", 1) + "{\"ID\"");
  QTRY_COMPARE(m_taken.size(), 2);
  QTest::qWait(60);
  QCOMPARE(half->state(), QAbstractSocket::ConnectedState);  // our clock stands still
  m_context->manualClock().advance(100ms);
  QTRY_COMPARE(half->state(), QAbstractSocket::UnconnectedState);
  QVERIFY(half->readAll().contains("not ended in time"));
  QCOMPARE(dropped("timeout"), 1.0);
  QCOMPARE(idle->state(), QAbstractSocket::ConnectedState);
}

void IntakeTest::longLinesAreDropped() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  const auto sender = dial(intake->ports().first());
  send(*sender, QByteArray(300'000, 'x') + '\n' + lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 1);
  QCOMPARE(dropped("too_long"), 1.0);
  QTRY_VERIFY(sender->canReadLine());
  QVERIFY(sender->readLine().contains("longer than 65536 bytes"));
}

void IntakeTest::floodsTakeTurns() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  const auto flood = dial(intake->ports().first()), modest = dial(intake->ports().first());
  QByteArray lines;
  for (int i = 0; i < 20'000; ++i) lines += lineOf("FLOOD", i);
  flood->write(lines);
  modest->write(lineOf("A", 1));
  QTRY_COMPARE_WITH_TIMEOUT(m_taken.size(), 20'001, 30'000);
  qsizetype at = 0;
  double expected = 0;
  for (qsizetype i = 0; i < m_taken.size(); ++i) {
    if (m_taken[i].fix.tag == QLatin1String("A")) at = i;
    if (m_taken[i].fix.tag == QLatin1String("FLOOD")) QCOMPARE(m_taken[i].x, expected++);
  }
  QVERIFY2(at < 15'000, qPrintable(QString::number(at)));
}

void IntakeTest::whoReadsNoAnswersGetsNone() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  auto sender = std::make_unique<QTcpSocket>();
  sender->setReadBufferSize(1024);
  sender->connectToHost(QHostAddress::LocalHost, intake->ports().first());
  QVERIFY(sender->waitForConnected());
  QByteArray nonsense;
  for (int i = 0; i < 100'000; ++i) nonsense += "x\n";
  sender->write(nonsense);
  QTRY_COMPARE_WITH_TIMEOUT(refused("malformed"), 100'000.0, 30'000);
  QVERIFY(dropped("answer") > 0);
}

void IntakeTest::datagramsThatTheKernelDropsAreCounted() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"}]");
  QUdpSocket sender;
  const QByteArray datagram = lineOf("A", 1) + QByteArray(60'000, ' ');
  // Nobody reads meanwhile, and what the kernel holds for us is bounded.
  for (int i = 0; i < 200; ++i) sender.writeDatagram(datagram, QHostAddress::LocalHost, intake->ports().first());
  QTRY_VERIFY(!m_taken.isEmpty());
  QTest::qWait(20);
  const qsizetype taken = m_taken.size();
  QVERIFY(taken < 200);
  // The kernel says it beside the next one that it takes.
  sender.writeDatagram(datagram, QHostAddress::LocalHost, intake->ports().first());
  QTRY_COMPARE(dropped("kernel"), 200.0 - static_cast<double>(taken));
}

void IntakeTest::portThatIsTaken() {
  const auto first = make("[{\"udp\":\"127.0.0.1:0\"},{\"tcp\":\"127.0.0.1:0\"}]");
  for (const bool udp : {true, false}) {
    const QString address = QStringLiteral("127.0.0.1:%1").arg(first->ports().at(udp ? 0 : 1));
    IntakeConfig config;
    (udp ? config.udp : config.tcp) = *ListenAddress::fromText(address);
    Intake second({config}, *m_context, [](const IncomingFix &) { return Result<void>(); });
    const auto opened = second.open();
    QVERIFY(!opened);
    QVERIFY2(opened.error().startsWith(QStringLiteral("can't listen on %1 by ").arg(address)),
             qPrintable(opened.error()));
    QCOMPARE(m_context->busyPorts().last(), address);
  }
}

void IntakeTest::opensAgain() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"},{\"tcp\":\"127.0.0.1:0\"}]");
  auto sender = dial(intake->ports().at(1));
  QTRY_COMPARE(m_context->metrics().gauge("tagwire_rtls_intake_connections", "").value(), 1.0);
  intake->close();
  QTRY_COMPARE(sender->state(), QAbstractSocket::UnconnectedState);
  QVERIFY(intake->ports().isEmpty());
  QVERIFY(intake->open());
  sender = dial(intake->ports().at(1));
  send(*sender, lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 1);
}

void IntakeTest::rtlsTakesFixesIn() {
  Problems problems;
  const ConfigNode node = parseJson(
      "{\"managers\":[\"M\"],\"intake\":[{\"udp\":\"127.0.0.1:0\"}],\"filter\":{\"max_speed\":10},"
      "\"tags\":[{\"id\":\"A\"}]}",
      QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  const auto rtls = makeRtls(reader, *m_context);
  QVERIFY(rtls);
  Samples samples;
  connect(rtls.get(), &Plugin::samplesReady, this, [&](const Samples &batch) { samples << batch; });
  rtls->start();
  QCOMPARE(rtls->intakePorts().size(), 1);
  QUdpSocket sender;
  const auto put = [&](const QByteArray &line) {
    sender.writeDatagram(line, QHostAddress::LocalHost, rtls->intakePorts().first());
  };
  put(lineOf("A", 1));
  put(lineOf("A", 500));
  put("{\"ID\":\"A\",\"X\":1,\"Y\":2,\"Acc\":-1}");
  QTRY_COMPARE(refused("speed"), 1.0);
  QTRY_COMPARE(refused("malformed"), 1.0);
  QTRY_COMPARE(samples.size(), 2);  // position and zone
  QCOMPARE(std::get<Position>(samples[0].value).x, 1.0);
  rtls->stop();
  QVERIFY(rtls->intakePorts().isEmpty());
}

void IntakeTest::rtlsFailsWhenAPortIsTaken() {
  QTcpServer other;
  QVERIFY(other.listen(QHostAddress::LocalHost));
  const QString address = QStringLiteral("127.0.0.1:%1").arg(other.serverPort());
  Problems problems;
  const ConfigNode node = parseJson("{\"managers\":[\"M\"],\"intake\":[{\"tcp\":\"" + address.toUtf8() + "\"}]}",
                                    QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  const auto rtls = makeRtls(reader, *m_context);
  QVERIFY(rtls);
  QList<PluginState> states;
  connect(rtls.get(), &Plugin::statusChanged, this, [&](PluginState state) { states << state; });
  rtls->start();
  QCOMPARE(states, QList<PluginState>{PluginState::Failed});
  QCOMPARE(m_context->busyPorts(), QStringList{address});
  rtls->stop();
  other.close();
  rtls->start();
  QCOMPARE(states.last(), PluginState::Running);
}

QTEST_GUILESS_MAIN(IntakeTest)
#include "intake_test.moc"
