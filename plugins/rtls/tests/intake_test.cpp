// SPDX-License-Identifier: Apache-2.0
#include "intakefixture.h"

#include <QJsonDocument>
#include "testprogram.h"

namespace intake_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

/// What comes in, and from whom.
class IntakeTest : public IntakeFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { reset(); }
  void R1_10_datagramsOfSeveralLines();
  void R1_10_linesOverTcp();
  void R1_7_refusedLinesAreAnswered();
  void udpIsNotAnswered();
  void sequencesBeginAnewWithAConnection();
  void onlyFromWhereItIsAllowed();
  void networksOfBothKinds_data();
  void networksOfBothKinds();
  void portThatIsTaken();
  void opensAgain();
  void rtlsTakesFixesIn();
  void rtlsFailsWhenAPortIsTaken();
};

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

void IntakeTest::networksOfBothKinds_data() {
  QTest::addColumn<QString>("network");
  QTest::addColumn<QStringList>("in");
  QTest::addColumn<QStringList>("out");
  const auto row = [](const char *network, const QStringList &in, const QStringList &out) {
    QTest::newRow(network) << QString::fromLatin1(network) << in << out;
  };
  const QString four = QStringLiteral("127.0.0.1"), mapped = QStringLiteral("::ffff:127.0.0.1");
  const QString six = QStringLiteral("::1"), far = QStringLiteral("2001:db8::7"), any = QStringLiteral("::");
  row("::/0", {six, far, any}, {four, mapped});
  row("::", {any}, {six, four, mapped, QStringLiteral("0.0.0.0")});
  row("::/127", {any, six}, {far, four, mapped});
  row("0.0.0.0/0", {four, mapped, QStringLiteral("0.0.0.0")}, {six, far, any});
  row("0.0.0.0", {QStringLiteral("0.0.0.0")}, {four, any});
  row("::ffff:0:0/96", {four, mapped}, {six, far, any});
  row("::ffff:127.0.0.0/104", {four, mapped}, {six, QStringLiteral("128.0.0.1")});
  row("::ffff:127.0.0.1", {four, mapped}, {six, QStringLiteral("127.0.0.2")});
  row("2001:db8::/32", {far}, {six, four, mapped});
}

void IntakeTest::networksOfBothKinds() {
  QFETCH(QString, network);
  QFETCH(QStringList, in);
  QFETCH(QStringList, out);
  const auto allowed = AllowedNetwork::fromText(network);
  QVERIFY2(allowed, allowed ? "" : qPrintable(allowed.error()));
  for (const QString &each : in) QVERIFY2(allowed->contains(QHostAddress(each)), qPrintable(each));
  for (const QString &each : out) QVERIFY2(!allowed->contains(QHostAddress(each)), qPrintable(each));
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

TAGWIRE_TEST(IntakeTest)

}  // namespace intake_test

#include "intake_test.moc"
