// SPDX-License-Identifier: Apache-2.0
#include <QElapsedTimer>

#include "othersite.h"
#include "rawsite.h"
#include "testing/testauthority.h"
#include "testprogram.h"

namespace remoteflood_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

/// The longest time between two turns of the loop, for people.
class TurnWatch : public QObject {
 public:
  TurnWatch() {
    m_turn.start();
    startTimer(0);
  }
  qint64 longest = 0;  ///< ms
  qint64 turns = 0;

 protected:
  void timerEvent(QTimerEvent *) override {
    longest = std::max(longest, m_turn.restart());
    ++turns;
  }

 private:
  QElapsedTimer m_turn;
};

}  // namespace

/// Sites that send far too much, of each kind of frame.
class RemoteFloodTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void floodEndsTheConnection_data();
  void floodEndsTheConnection();
  void hostileBinaryFragmentEndsTheConnection();
  void hostileFragmentsWithoutEndEndTheConnection();
  void aPingNowAndThenIsNoFlood();
  void R1_32_bigMessagesComeWhole_data();
  void R1_32_bigMessagesComeWhole();
};

void RemoteFloodTest::floodEndsTheConnection_data() {
  QTest::addColumn<QByteArray>("begin");
  QTest::addColumn<QByteArray>("frame");
  QTest::addColumn<bool>("isEncrypted");
  const QByteArray none;
  const auto row = [](const char *name, const QByteArray &begin, const QByteArray &frame) {
    QTest::newRow(name) << begin << frame << false;
    QTest::newRow(qPrintable(QLatin1String(name) + QStringLiteral(", TLS"))) << begin << frame << true;
  };
  row("ping", none, RawSite::frame('\x89', none));
  row("long ping", none, RawSite::frame('\x89', QByteArray(125, 'x')));
  row("pong", none, RawSite::frame('\x8a', none));
  row("long pong", none, RawSite::frame('\x8a', QByteArray(125, 'x')));
  row("fragment", RawSite::frame('\x01', none), RawSite::frame('\x00', none));
  row("empty text", none, RawSite::text(none));
  row("event", none, RawSite::text("{\"type\":\"HeartBeat\",\"ts\":1}"));
}

/// All in one second, however slow the machine: the clock stands still.
void RemoteFloodTest::floodEndsTheConnection() {
  QFETCH(QByteArray, begin);
  QFETCH(QByteArray, frame);
  QFETCH(bool, isEncrypted);
  const TestAuthority authority("IP:127.0.0.1");
  const QSslConfiguration tls = tlsOf(authority);
  RawSite site(isEncrypted ? &tls : nullptr);
  site.flood = begin + frame.repeated(4000);
  if (!begin.isEmpty()) site.flood = begin + frame.repeated(1 << 20);
  site.most = 8 << 20;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  fixture.write("ca.pem", authority.authority);
  auto rtls = fixture.make(site.url(), isEncrypted ? "\"ca\":\"ca.pem\"" : "");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  TurnWatch watch;
  rtls->start();
  QTRY_VERIFY(fixture.state.contains(QLatin1String("it sends more than 20000 messages")));
  QCOMPARE(fixture.refused("flood"), 1.0);
  QTRY_VERIFY(!site.client || site.client->state() == QAbstractSocket::UnconnectedState);
  QCOMPARE(site.connections, 1);  // the pause has not passed
  qInfo("longest turn %lld ms of %lld", watch.longest, watch.turns);
}

void RemoteFloodTest::hostileBinaryFragmentEndsTheConnection() {
  RawSite site;
  site.flood = RawSite::frame('\x02', {});
  site.most = 1;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("it sent a binary message")), qPrintable(fixture.state));
  QCOMPARE(fixture.refused("malformed"), 1.0);
}

void RemoteFloodTest::hostileFragmentsWithoutEndEndTheConnection() {
  RawSite site;
  site.flood = RawSite::frame('\x01', {}) + RawSite::frame('\x00', QByteArray(1000, 'x')).repeated(100);
  site.most = 1;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("it sent a message of over 64 KiB")), qPrintable(fixture.state));
  QCOMPARE(fixture.refused("malformed"), 1.0);
}

void RemoteFloodTest::aPingNowAndThenIsNoFlood() {
  RawSite site;
  site.flood =
      RawSite::frame('\x89', QByteArray(125, 'x')).repeated(100) +
      RawSite::text("{\"type\":\"HeartBeat\",\"ts\":1}").repeated(100) +
      RawSite::text("{\"type\":\"TriggerEvent\",\"trigger_id\":900,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\"}");
  site.most = 1;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_COMPARE(fixture.events.size(), 1);
  QTRY_VERIFY(site.said.size() > 100 * (131 + 6 + 26));
  QVERIFY(fixture.isRunning());
  QCOMPARE(site.connections, 1);
}

void RemoteFloodTest::R1_32_bigMessagesComeWhole_data() {
  QTest::addColumn<bool>("isEncrypted");
  QTest::newRow("plain") << false;
  QTest::newRow("TLS") << true;
}

/// Small portions never leave anything behind, whatever its length.
void RemoteFloodTest::R1_32_bigMessagesComeWhole() {
  QFETCH(bool, isEncrypted);
  const TestAuthority authority("IP:127.0.0.1");
  const QSslConfiguration tls = tlsOf(authority);
  RawSite site(isEncrypted ? &tls : nullptr);
  int events = 0;
  for (const int size :
       {1, 4000, 4080, 4090, 4096, 4100, 8192, 16'000, 16'384, 16'400, 20'480, 40'000, 65'400, 65'536}) {
    QByteArray event = "{\"type\":\"TriggerEvent\",\"trigger_id\":900,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\"}";
    site.flood += RawSite::text(event + QByteArray(std::max<qsizetype>(0, size - event.size()), ' '));
    ++events;
  }
  site.most = 1;
  RemoteFixture fixture;
  fixture.write("ca.pem", authority.authority);
  auto rtls = fixture.make(site.url(), isEncrypted ? "\"ca\":\"ca.pem\"" : "");
  rtls->start();
  QTRY_COMPARE(fixture.events.size(), events);
  for (int i = 1; i < 12; ++i) {
    site.client->write(site.flood.repeated(2));
    QTRY_COMPARE(fixture.events.size(), events * (1 + 2 * i));
  }
  QCOMPARE(site.connections, 1);
}

TAGWIRE_TEST(RemoteFloodTest)

}  // namespace remoteflood_test

#include "remoteflood_test.moc"
