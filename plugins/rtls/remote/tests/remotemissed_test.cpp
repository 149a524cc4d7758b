// SPDX-License-Identifier: Apache-2.0
#include <QTcpServer>
#include <QTcpSocket>

#include "othersite.h"
#include "testprogram.h"

namespace remotemissed_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

/// Another site with REST at the same port: what is no WebSocket gets one answer.
class SiteWithMemory : public OtherSite {
 public:
  SiteWithMemory() {
    server.close();
    if (!m_front.listen(QHostAddress::LocalHost)) qFatal("can't listen");
    connect(&m_front, &QTcpServer::newConnection, this, [this] {
      QTcpSocket *socket = m_front.nextPendingConnection();
      connect(socket, &QTcpSocket::readyRead, this, [this, socket] { sort(*socket); });
    });
  }
  QString url() const { return QStringLiteral("ws://127.0.0.1:%1/plant/ws/Manager1").arg(m_front.serverPort()); }
  void remember(int trigger, const char *time, const QByteArray &more = {}, const char *tag = "SIM1") {
    memory << "{\"trigger_id\":" + QByteArray::number(trigger) + ",\"direction\":\"OnEnter\",\"tag_id\":\"" + tag +
                  "\",\"timestamp\":\"" + time + "\"" + more + "}";
  }

  QByteArrayList memory;
  QByteArray status = "200 OK";
  QByteArray headers;
  QByteArray body;  ///< instead of the memory
  bool isSilent = false;
  QByteArrayList requests;

 private:
  void sort(QTcpSocket &socket) {
    const QByteArray head = socket.peek(4096);
    if (!head.contains("\r\n\r\n")) return;
    socket.disconnect(this);
    if (head.contains("Upgrade")) {
      server.handleConnection(&socket);
      Q_EMIT socket.readyRead();
      return;
    }
    requests << head;
    const QByteArray text = body.isEmpty() ? '[' + memory.join(',') + ']' : body;
    if (isSilent) return;
    socket.write("HTTP/1.1 " + status + "\r\n" + headers +
                 "Connection: close\r\nContent-Length: " + QByteArray::number(text.size()) + "\r\n\r\n" + text);
    socket.disconnectFromHost();
  }

  QTcpServer m_front;
};

constexpr auto first = "2025-05-05T12:00:00.000Z";
constexpr auto second = "2025-05-05T12:00:01.000Z";
constexpr auto third = "2025-05-05T12:00:02.000Z";

QByteArray at(const char *time) { return QByteArray(",\"timestamp\":\"") + time + '"'; }

}  // namespace

/// What happened while the link was down (R1-34).
class RemoteMissedTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_34_whatWasMissedIsFetched();
  void R1_34_onlyAfterAReconnect();
  void R1_34_nothingTwice();
  void R1_34_ofItsZoneAndTriggersOnly();
  void R1_34_eventsOfTheFirstPartHideNothing();
  void R1_34_aLinkThatFlapsHidesNothing();
  void R1_34_anotherTokenIsTried();
  void R1_34_aSiteWithoutItIsAskedOnce_data();
  void R1_34_aSiteWithoutItIsAskedOnce();
  void hostileAnswersChangeNothing_data();
  void hostileAnswersChangeNothing();
  void stopWhileItIsAsked();

 private:
  /// Connected, with one event taken.
  static std::unique_ptr<Rtls> begin(RemoteFixture &fixture, SiteWithMemory &site, const QByteArray &keys = {}) {
    auto rtls = fixture.make(site.url(), keys);
    if (!rtls) qFatal("%s", qPrintable(fixture.errors));
    rtls->start();
    if (!tagwire::testing::waitFor([&] { return fixture.isRunning(); })) qFatal("not connected");
    site.sendEvent(900, "SIM1", at(first));
    if (!tagwire::testing::waitFor([&] { return fixture.events.size() == 1; })) qFatal("no event");
    return rtls;
  }
  static bool reconnect(RemoteFixture &fixture, SiteWithMemory &site) {
    const int connections = site.connections;
    site.client->abort();
    return tagwire::testing::waitFor([&] { return site.connections > connections && fixture.isRunning(); });
  }
};

void RemoteMissedTest::R1_34_whatWasMissedIsFetched() {
  SiteWithMemory site;
  RemoteFixture fixture;
  fixture.write("token", "tw_secret");
  auto rtls = begin(fixture, site, "\"token\":{\"$file\":\"token\"}");
  site.remember(899, "2025-05-05T11:59:59.999Z");
  site.remember(900, first);
  site.remember(901, first);
  site.remember(902, second, ",\"trigger_name\":\"Gate\",\"zone_id\":417");
  site.remember(903, second, ",\"origin\":\"wss://third/ws/M\"");
  site.remember(904, second, {}, "SIM3");
  site.remember(905, third);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 4);
  QCOMPARE(fixture.trigger(1).triggerId, 901);
  QCOMPARE(fixture.trigger(2).triggerId, 902);
  QCOMPARE(fixture.trigger(2).triggerName, QStringLiteral("Gate"));
  QCOMPARE(fixture.trigger(2).zoneId, 417);
  QCOMPARE(fixture.trigger(2).origin, site.url());
  QCOMPARE(toIso(fixture.events.at(2).time), QString::fromLatin1(second));
  QCOMPARE(fixture.trigger(3).triggerId, 905);
  QCOMPARE(site.requests.size(), 1);
  QVERIFY2(site.requests.first().startsWith("GET /plant/recent_events?since=2025-05-05T12:00:00.000Z HTTP"),
           site.requests.first());
  QVERIFY(site.requests.first().contains("Authorization: Bearer tw_secret\r\n"));
  QCOMPARE(fixture.refused("relayed"), 0.0);
  QCOMPARE(fixture.refused("not_asked"), 0.0);
  QCOMPARE(fixture.refused("repeated"), 0.0);
}

void RemoteMissedTest::R1_34_onlyAfterAReconnect() {
  SiteWithMemory site;
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  QVERIFY(site.requests.isEmpty());
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(site.requests.size(), 1);
  SiteWithMemory other;
  RemoteFixture off;
  auto without = begin(off, other, "\"recent_events\":false");
  QVERIFY(reconnect(off, other) && reconnect(off, other));
  other.sendEvent(901);
  QTRY_COMPARE(off.events.size(), 2);
  QVERIFY(other.requests.isEmpty());
}

/// Neither what the stream brings, before or after the answer, nor at the next reconnect.
void RemoteMissedTest::R1_34_nothingTwice() {
  SiteWithMemory site;
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  site.remember(901, second);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 2);
  site.sendEvent(901, "SIM1", at(second));
  site.sendEvent(902, "SIM1", at(third));
  QTRY_COMPARE(fixture.events.size(), 3);
  site.remember(902, third);
  site.remember(903, third);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 4);
  QCOMPARE(fixture.trigger(2).triggerId, 902);
  QCOMPARE(fixture.trigger(3).triggerId, 903);
  QVERIFY(site.requests.at(1).contains("since=2025-05-05T12:00:02.000Z"));
}

/// A site remembers the events of all its zones and managers.
void RemoteMissedTest::R1_34_ofItsZoneAndTriggersOnly() {
  SiteWithMemory site;
  RemoteFixture fixture;
  fixture.write("static.json",
                "{\"triggers\":[{\"id\":900,\"name\":\"Gate\"},{\"id\":901,\"name\":\"Door\"}],"
                "\"zones\":[{\"id\":417,\"name\":\"Hall\"},{\"id\":418,\"name\":\"Room\",\"parent\":417}]}");
  auto rtls = begin(fixture, site, "\"zone\":417,\"static_data\":\"static.json\"");
  site.remember(901, second, ",\"zone_id\":417");
  site.remember(900, second, ",\"zone_id\":418");
  site.remember(900, third, ",\"zone_id\":400");
  site.remember(901, third);
  site.remember(902, third, ",\"zone_id\":417");
  site.remember(901, third, ",\"zone_id\":418");
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 4);
  QCOMPARE(fixture.trigger(1).triggerName, QStringLiteral("Door"));
  QCOMPARE(fixture.trigger(2).zoneId, 418);
}

static QStringList said;

static void listen(QtMsgType type, const QMessageLogContext &, const QString &text) {
  if (type == QtWarningMsg && text.contains(QLatin1String("does not say what happened"))) said << text;
}

/// The first part of the tags streams before the last one does.
void RemoteMissedTest::R1_34_eventsOfTheFirstPartHideNothing() {
  SiteWithMemory site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), manyTags());
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.sendEvent(900, "T0", at(first));
  QTRY_COMPARE(fixture.events.size(), 1);
  site.answers = false;
  site.client->abort();
  QTRY_VERIFY(site.connections == 2 && site.count("request", QStringLiteral("BeginStream")) == 1);
  site.remember(901, second, ",\"zone_id\":417", "T4999");
  site.sendEvent(902, "T0", at(third));
  QTRY_COMPARE(fixture.events.size(), 2);
  site.answers = true;
  site.send("{\"type\":\"response\",\"response\":\"BeginStream\"}");
  QTRY_COMPARE(fixture.events.size(), 3);
  QCOMPARE(fixture.trigger(2).triggerId, 901);
}

/// The link goes again before the answer is there, and the stream has brought something.
void RemoteMissedTest::R1_34_aLinkThatFlapsHidesNothing() {
  SiteWithMemory site;
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  site.isSilent = true;
  site.remember(901, second);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(site.requests.size(), 1);
  site.sendEvent(902, "SIM1", at(third));
  QTRY_COMPARE(fixture.events.size(), 2);
  site.isSilent = false;
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 3);
  QCOMPARE(fixture.trigger(2).triggerId, 901);
}

/// Refused it is not asked for again, until the token is another one.
void RemoteMissedTest::R1_34_anotherTokenIsTried() {
  SiteWithMemory site;
  site.status = "403 Forbidden";
  site.remember(901, second);
  RemoteFixture fixture;
  fixture.write("token", "tw_old");
  auto rtls = begin(fixture, site, "\"token\":{\"$file\":\"token\"}");
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  const bool isSaid = reconnect(fixture, site) && tagwire::testing::waitFor([] { return said.size() == 1; });
  qInstallMessageHandler(before);
  QVERIFY(isSaid);
  site.sendEvent(902, "SIM1", at(third));
  QTRY_COMPARE(fixture.events.size(), 2);
  site.status = "200 OK";
  QVERIFY(reconnect(fixture, site));
  fixture.write("token", "tw_new");
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 3);
  QCOMPARE(fixture.trigger(2).triggerId, 901);
  QCOMPARE(site.requests.size(), 2);
}

void RemoteMissedTest::R1_34_aSiteWithoutItIsAskedOnce_data() {
  QTest::addColumn<QByteArray>("status");
  QTest::newRow("404") << QByteArray("404 Not Found");
  QTest::newRow("401") << QByteArray("401 Unauthorized");
  QTest::newRow("403") << QByteArray("403 Forbidden");
}

void RemoteMissedTest::R1_34_aSiteWithoutItIsAskedOnce() {
  QFETCH(QByteArray, status);
  SiteWithMemory site;
  site.status = status;
  site.remember(901, second);
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  const bool isBack = reconnect(fixture, site) && tagwire::testing::waitFor([] { return said.size() == 1; }) &&
                      reconnect(fixture, site) && reconnect(fixture, site);
  qInstallMessageHandler(before);
  QVERIFY(isBack);
  QCOMPARE(said.size(), 1);
  QVERIFY2(said.first().contains(QLatin1String(status.left(3)) + QStringLiteral("; it is not asked again")),
           qPrintable(said.first()));
  site.sendEvent(902);
  QTRY_COMPARE(fixture.events.size(), 2);
  QCOMPARE(site.requests.size(), 1);
}

void RemoteMissedTest::hostileAnswersChangeNothing_data() {
  QTest::addColumn<QByteArray>("status");
  QTest::addColumn<QByteArray>("headers");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("why");
  const QByteArray ok = "200 OK";
  QTest::newRow("no JSON") << ok << QByteArray() << QByteArray("[{") << QStringLiteral("is not a JSON array");
  QTest::newRow("object") << ok << QByteArray() << QByteArray("{}") << QStringLiteral("is not a JSON array");
  QTest::newRow("too large") << ok << QByteArray() << '[' + QByteArray(3 << 20, ' ') + ']'
                             << QStringLiteral("larger than 1024 KiB");
  QTest::newRow("elsewhere") << QByteArray("302 Found") << QByteArray("Location: http://127.0.0.1:9/recent_events\r\n")
                             << QByteArray("[]") << QStringLiteral("HTTP status 302");
  QTest::newRow("broken") << QByteArray("500 Internal Server Error") << QByteArray() << QByteArray("[]")
                          << QStringLiteral("HTTP status 500");
}

void RemoteMissedTest::hostileAnswersChangeNothing() {
  QFETCH(QByteArray, status);
  QFETCH(QByteArray, headers);
  QFETCH(QByteArray, body);
  QFETCH(QString, why);
  SiteWithMemory site;
  site.status = status;
  site.headers = headers;
  site.body = body;
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  const bool isSaid = reconnect(fixture, site) && tagwire::testing::waitFor([] { return said.size() == 1; });
  qInstallMessageHandler(before);
  QVERIFY(isSaid);
  QVERIFY2(said.first().contains(why), qPrintable(said.first()));
  QVERIFY(fixture.isRunning());
  site.sendEvent(903, "SIM1", at(third));
  QTRY_COMPARE(fixture.events.size(), 2);
  // The next time all is well again, and asked from behind the same event; what is no event is counted.
  site.status = "200 OK";
  site.body.clear();
  site.memory << "7"
              << "{}"
              << "{\"trigger_id\":901,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\"}";
  site.remember(902, second);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(fixture.events.size(), 3);
  QCOMPARE(fixture.trigger(2).triggerId, 902);
  QCOMPARE(fixture.refused("malformed"), 3.0);
}

void RemoteMissedTest::stopWhileItIsAsked() {
  SiteWithMemory site;
  site.isSilent = true;
  RemoteFixture fixture;
  auto rtls = begin(fixture, site);
  QVERIFY(reconnect(fixture, site));
  QTRY_COMPARE(site.requests.size(), 1);
  rtls->stop();
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  QTRY_COMPARE(site.requests.size(), 2);
  rtls.reset();
}

TAGWIRE_TEST(RemoteMissedTest)

}  // namespace remotemissed_test

#include "remotemissed_test.moc"
