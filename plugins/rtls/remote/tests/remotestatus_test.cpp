// SPDX-License-Identifier: Apache-2.0
#include "othersite.h"
#include "testprogram.h"

namespace remotestatus_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// What is said of other sites, and what never: the status, the log, the token.
class RemoteStatusTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void statusSaysWhy();
  void refusedStreamSaysWhy();
  void endedStreamIsSaid();
  void closeCodesAreSaidOnce();
  void refusalsAreSaidOnceForEachConnection();
  void tokenIsNeverSaid();
  void tokenThatTheOtherSiteSaysIsNotSaid_data();
  void tokenThatTheOtherSiteSaysIsNotSaid();
  void aSiteThatTakesNoLongRequests();
  void R1_5_aRefusedPartIsSaid();
  void withoutItsTokenItDoesNotConnect_data();
  void withoutItsTokenItDoesNotConnect();
  void tokenIsReadAgainForEachConnection();
  void R1_32_afterAStallWhatWaitsIsReadFirst();
};

/// Each is sent after the answer to the one before.
void RemoteStatusTest::R1_5_aRefusedPartIsSaid() {
  OtherSite site;
  site.answers = false;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), manyTags());
  rtls->start();
  QTRY_COMPARE(site.received.size(), 1);
  site.send("{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"BeginStream\"}");
  QTRY_COMPARE(site.received.size(), 2);
  site.send("{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"BeginStream\"}");  // said already
  site.send("{\"type\":\"response\",\"reqid\":\"tagwire-1\",\"response\":\"Unknown\",\"message\":\"no more\"}");
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("AddTag is refused: no more")), qPrintable(fixture.state));
  QVERIFY(!fixture.states.contains(PluginState::Running));
}

void RemoteStatusTest::aSiteThatTakesNoLongRequests() {
  OtherSite site;
  site.longest = 16 * 1024;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), manyTags());
  rtls->start();
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("closed with 1009")), qPrintable(fixture.state));
  QVERIFY2(fixture.state.contains(QLatin1String("it does not take requests as long as ours")),
           qPrintable(fixture.state));
}

void RemoteStatusTest::tokenIsReadAgainForEachConnection() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("token", "first");
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  fixture.write("token", "second");
  site.client->close(static_cast<QWebSocketProtocol::CloseCode>(4401), QStringLiteral("expired"));
  QTRY_COMPARE(site.authorization, QByteArray("Bearer second"));
}

void RemoteStatusTest::withoutItsTokenItDoesNotConnect_data() {
  QTest::addColumn<QByteArray>("content");
  QTest::addColumn<QString>("why");
  QTest::newRow("empty") << QByteArray("") << QStringLiteral("token\" is empty");
  QTest::newRow("line end") << QByteArray("\n") << QStringLiteral("token\" is empty");
  QTest::newRow("white space") << QByteArray(" \t\n ") << QStringLiteral("token\" is empty");
  QTest::newRow("two lines") << QByteArray("a\nb") << QStringLiteral("the token does not fit into a header");
}

void RemoteStatusTest::withoutItsTokenItDoesNotConnect() {
  QFETCH(QByteArray, content);
  QFETCH(QString, why);
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("token", content);
  QVERIFY(!fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}"));
  QVERIFY2(fixture.errors.contains(QLatin1String("remotes[0].token")), qPrintable(fixture.errors));
  fixture.write("token", "first");
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  fixture.write("token", content);
  site.client->abort();
  QTRY_VERIFY2(fixture.state.contains(why), qPrintable(fixture.state));
  QVERIFY(!fixture.isRunning());
  QCOMPARE(site.connections, 1);
  fixture.write("token", "second\n");
  QTRY_COMPARE(site.connections, 2);
  QCOMPARE(site.authorization, QByteArray("Bearer second"));
  QTRY_VERIFY(fixture.isRunning());
}

void RemoteStatusTest::statusSaysWhy() {
  OtherSite site;
  site.uponConnection = [](QWebSocket &socket) {
    socket.close(QWebSocketProtocol::CloseCodePolicyViolated, QStringLiteral("Manager not found"));
  };
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_COMPARE(fixture.state,
               QStringLiteral("remote %1: closed with 1008 Manager not found; look at the manager's name "
                              "in `endpoint`: GET /api/v1/rtls/managers lists them there")
                   .arg(site.url()));
  QTRY_VERIFY(site.connections >= 4);
  // At the start and when the reason was known, and not for each attempt.
  QCOMPARE(fixture.states, (QList<PluginState>{PluginState::Degraded, PluginState::Degraded}));
}

void RemoteStatusTest::refusedStreamSaysWhy() {
  OtherSite site;
  site.answers = false;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(!site.received.isEmpty());
  site.send(
      "{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"Unknown\",\"message\":\"unknown zone_id 417\"}");
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("BeginStream is refused: unknown zone_id 417")),
               qPrintable(fixture.state));
  QTRY_VERIFY(site.connections >= 2);
}

void RemoteStatusTest::endedStreamIsSaid() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.client->close();
  QTRY_VERIFY(site.connections >= 2);
  const QString all = fixture.texts.join(u'\n');
  QVERIFY2(all.contains(QLatin1String("closed with 1000; the other site ended the stream")), qPrintable(all));
}

static QStringList said;

static void listen(QtMsgType type, const QMessageLogContext &, const QString &text) {
  if (type == QtWarningMsg || type == QtInfoMsg) said << text;
}

void RemoteStatusTest::closeCodesAreSaidOnce() {
  OtherSite site;
  int code = 4401;
  site.uponConnection = [&code](QWebSocket &socket) {
    socket.close(static_cast<QWebSocketProtocol::CloseCode>(code), QStringLiteral("no"));
  };
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  rtls->start();
  bool came = true;
  for (const int each : {4401, 4403, 4408}) {
    code = each;
    const int connections = site.connections;
    came = came && tagwire::testing::waitFor([&] { return site.connections > connections + 3; });
  }
  rtls->stop();
  qInstallMessageHandler(before);
  QVERIFY(came);
  QCOMPARE(said.size(), 3);
  QVERIFY(said.at(0).contains(QLatin1String("closed with 4401 no; the token is not taken")));
  QVERIFY(said.at(1).contains(QLatin1String("closed with 4403 no; the token lacks a permission")));
  QVERIFY(said.at(2).contains(QLatin1String("closed with 4408 no; our answer to its heartbeat came too late")));
}

void RemoteStatusTest::refusalsAreSaidOnceForEachConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  for (int i = 0; i < 100; ++i) {
    site.send("{\"type\":\"response\",\"response\":\"Unknown\",\"message\":\"no " + QByteArray::number(i) + "\"}");
  }
  site.sendEvent(900);
  const bool came = tagwire::testing::waitFor([&] { return fixture.events.size() == 1; });
  qInstallMessageHandler(before);
  QVERIFY(came);
  QCOMPARE(said.size(), 1);
  QVERIFY2(said.first().contains(QLatin1String("says: no 0")), qPrintable(said.first()));
  QCOMPARE(fixture.refused("request_refused"), 100.0);
}

void RemoteStatusTest::tokenIsNeverSaid() {
  RemoteFixture fixture;
  fixture.write("token", "tw_known_to_nobody_else");
  OtherSite site;
  site.uponConnection = [](QWebSocket &socket) { socket.close(static_cast<QWebSocketProtocol::CloseCode>(4401)); };
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  rtls->start();
  const bool came = tagwire::testing::waitFor([&] { return site.connections >= 3; });
  qInstallMessageHandler(before);
  QVERIFY(came);
  QVERIFY(!said.isEmpty());
  for (const QString &line :
       said + QStringList{fixture.state, fixture.errors, QString::fromStdString(fixture.context.metrics().text())}) {
    QVERIFY2(!line.contains(QLatin1String("tw_known")), qPrintable(line));
  }
}

void RemoteStatusTest::tokenThatTheOtherSiteSaysIsNotSaid_data() {
  QTest::addColumn<QByteArray>("answer");
  QTest::newRow("closed") << QByteArray();
  QTest::newRow("refused") << QByteArray("{\"type\":\"response\",\"response\":\"Unknown\",\"message\":\"%\"}");
  QTest::newRow("refused at length") << QByteArray("{\"type\":\"response\",\"response\":\"Unknown\",\"message\":\"") +
                                            QByteArray(280, 'x') + QByteArray("%\"}");
  QTest::newRow("unknown") << QByteArray("{\"type\":\"%\"}");
}

/// It repeats the token it was sent, and the one before, too.
void RemoteStatusTest::tokenThatTheOtherSiteSaysIsNotSaid() {
  QFETCH(QByteArray, answer);
  RemoteFixture fixture;
  fixture.write("token", "tw_known_first");
  OtherSite site;
  QByteArray before;
  site.uponConnection = [&](QWebSocket &socket) {
    const QByteArray credential =
        "bad credential " + site.authorization + ' ' + std::exchange(before, site.authorization);
    fixture.write("token", "tw_known_first_and_second");
    if (answer.isEmpty()) {
      return socket.close(static_cast<QWebSocketProtocol::CloseCode>(4401), QString::fromLatin1(credential));
    }
    socket.sendTextMessage(QString::fromLatin1(QByteArray(answer).replace('%', credential)));
    socket.close(QWebSocketProtocol::CloseCodeGoingAway);
  };
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  said.clear();
  const auto handler = qInstallMessageHandler(&listen);
  rtls->start();
  const bool came = tagwire::testing::waitFor([&] { return site.connections >= 4; });
  rtls->stop();
  qInstallMessageHandler(handler);
  QVERIFY(came);
  const QStringList all = said + fixture.texts;
  QVERIFY(all.join(u'\n').contains(answer.contains("xx") ? QLatin1String("xxx") : QLatin1String("Bearer (token)")));
  for (const QString &line : all) QVERIFY2(!line.contains(QLatin1String("tw_k")), qPrintable(line));
}
/// What waits in the socket is read before anybody is called silent, be it a tag or the site.
void RemoteStatusTest::R1_32_afterAStallWhatWaitsIsReadFirst() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  ManualClock &clock = fixture.context.manualClock();
  auto rtls = fixture.make(site.url(), "\"positions\":true");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  const QByteArray fix = "{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1,\"Y\":2}";
  site.send(fix);
  QTRY_COMPARE(fixture.samples.size(), 1);
  // It looks at the clock once a second at least.
  const auto letItLook = [] {
    bool isOver = false;
    QTimer::singleShot(1200, Qt::PreciseTimer, qApp, [&] { isOver = true; });
    return tagwire::testing::waitFor([&] { return isOver; });
  };
  clock.advance(std::chrono::seconds(70));
  QVERIFY(letItLook());
  site.send(fix);
  QTRY_COMPARE(fixture.samples.size(), 2);
  QVERIFY(fixture.samples.at(1).quality.isGood());
  QVERIFY(fixture.isRunning());
  // What waited is read, and nothing came.
  clock.advance(std::chrono::seconds(31));
  QVERIFY(letItLook());
  QCOMPARE(fixture.samples.size(), 2);
  clock.advance(std::chrono::seconds(3));
  QTRY_COMPARE(fixture.samples.size(), 3);
  QVERIFY(fixture.samples.at(2).quality == Quality::bad(QualityReason::Lost));
  QCOMPARE(site.connections, 1);
}

TAGWIRE_TEST(RemoteStatusTest)

}  // namespace remotestatus_test

#include "remotestatus_test.moc"
