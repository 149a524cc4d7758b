// SPDX-License-Identifier: Apache-2.0
#include "intakefixture.h"

#include <QJsonDocument>
#include "testprogram.h"

namespace intakelimits_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

/// Who sends too much, too slowly, or does not read.
class IntakeLimitsTest : public IntakeFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { reset(); }
  void tooManyConnections();
  void silentOnesMakeRoom();
  void halfLinesTimeOut();
  void longLinesAreDropped();
  void floodsTakeTurns();
  void manySendersLeaveTheThreadToOthers();
  void blankLinesCountInATurn();
  void whoReadsNoAnswersGetsNone();
  void datagramsThatTheKernelDropsAreCounted();

 private:
  qsizetype mostTakenAtOnce(qsizetype all);
};

void IntakeLimitsTest::tooManyConnections() {
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

void IntakeLimitsTest::silentOnesMakeRoom() {
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

void IntakeLimitsTest::halfLinesTimeOut() {
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

void IntakeLimitsTest::longLinesAreDropped() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  const auto sender = dial(intake->ports().first());
  send(*sender, QByteArray(300'000, 'x') + '\n' + lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 1);
  QCOMPARE(dropped("too_long"), 1.0);
  QTRY_VERIFY(sender->canReadLine());
  QVERIFY(sender->readLine().contains("longer than 65536 bytes"));
}

void IntakeLimitsTest::floodsTakeTurns() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  const auto flood = dial(intake->ports().first()), modest = dial(intake->ports().first());
  QByteArray lines;
  for (int i = 0; i < 20'000; ++i) lines += lineOf("FLOOD", i);
  flood->write(lines);
  modest->write(lineOf("A", 1));
  QTRY_COMPARE(m_taken.size(), 20'001);
  qsizetype at = 0;
  double expected = 0;
  for (qsizetype i = 0; i < m_taken.size(); ++i) {
    if (m_taken[i].fix.tag == QLatin1String("A")) at = i;
    if (m_taken[i].fix.tag == QLatin1String("FLOOD")) QCOMPARE(m_taken[i].x, expected++);
  }
  QVERIFY2(at < 15'000, qPrintable(QString::number(at)));
}

/// Until `all` are taken: how many it were in the time in which somebody else of this thread has one turn.
qsizetype IntakeLimitsTest::mostTakenAtOnce(qsizetype all) {
  qsizetype most = 0, before = m_taken.size();
  QObject somebody;
  std::function<void()> look = [&] {
    most = std::max(most, m_taken.size() - std::exchange(before, m_taken.size()));
    if (before < all) QMetaObject::invokeMethod(&somebody, look, Qt::QueuedConnection);
  };
  look();
  [&] { QTRY_COMPARE(before, all); }();
  return before == all ? most : all;
}

void IntakeLimitsTest::manySendersLeaveTheThreadToOthers() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"},{\"tcp\":\"127.0.0.1:0\"}]");
  std::vector<std::unique_ptr<QTcpSocket>> senders;
  for (int i = 0; i < 20; ++i) senders.push_back(dial(intake->ports().at(i % 2)));
  QTRY_COMPARE(m_context->metrics().gauge("tagwire_rtls_intake_connections", "").value(), 20.0);
  QByteArray lines;
  for (int i = 0; i < 1000; ++i) lines += lineOf("A", i);
  for (const auto &sender : senders) {
    sender->write(lines);
    while (sender->bytesToWrite() > 0) QVERIFY(sender->waitForBytesWritten());
  }
  QVERIFY(m_taken.isEmpty());
  const qsizetype most = mostTakenAtOnce(20'000);
  QVERIFY2(most <= LineTurns::linesAtOnce, qPrintable(QString::number(most)));
}

void IntakeLimitsTest::blankLinesCountInATurn() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"}]");
  QUdpSocket sender;
  const QByteArray datagram = QByteArray(4000, '\n') + lineOf("A", 1) + "\n \n\r\n";
  for (int i = 0; i < 20; ++i) sender.writeDatagram(datagram, QHostAddress::LocalHost, intake->ports().first());
  QCOMPARE(mostTakenAtOnce(20), 1);
}

void IntakeLimitsTest::whoReadsNoAnswersGetsNone() {
  const auto intake = make("[{\"tcp\":\"127.0.0.1:0\"}]");
  auto sender = std::make_unique<QTcpSocket>();
  sender->setReadBufferSize(1024);
  sender->connectToHost(QHostAddress::LocalHost, intake->ports().first());
  QVERIFY(sender->waitForConnected());
  QByteArray nonsense;
  for (int i = 0; i < 100'000; ++i) nonsense += "x\n";
  sender->write(nonsense);
  QTRY_COMPARE(refused("malformed"), 100'000.0);
  QVERIFY(dropped("answer") > 0);
}

void IntakeLimitsTest::datagramsThatTheKernelDropsAreCounted() {
  const auto intake = make("[{\"udp\":\"127.0.0.1:0\"}]");
  QUdpSocket sender;
  const QByteArray datagram = lineOf("A", 1) + QByteArray(60'000, ' ');
  // Nobody reads meanwhile, and what the kernel holds for us is bounded.
  int sent = 200;
  for (int i = 0; i < sent; ++i) sender.writeDatagram(datagram, QHostAddress::LocalHost, intake->ports().first());
  // The kernel says it beside the next one that it takes.
  const auto eachIsTakenOrCounted = [&] {
    if (dropped("kernel") > 0 && dropped("kernel") + static_cast<double>(m_taken.size()) == sent) return true;
    sender.writeDatagram(datagram, QHostAddress::LocalHost, intake->ports().first());
    ++sent;
    return false;
  };
  QTRY_VERIFY(eachIsTakenOrCounted());
}

TAGWIRE_TEST(IntakeLimitsTest)

}  // namespace intakelimits_test

#include "intakelimits_test.moc"
