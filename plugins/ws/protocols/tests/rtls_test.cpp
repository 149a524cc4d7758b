// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "fakertls.h"
#include "protocols/rtlsprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace rtls_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

struct Bench {
  explicit Bench(const Limits &limits = {}) : rtls(context, limits) {
    context.answerWith(&plugin);
    sim1 = declarePoint(context, "SIM1", 1, ValueType::Position);
    sim2 = declarePoint(context, "SIM2", 2, ValueType::Position);
  }

  /// A stream of Manager1 whose manager was looked up.
  void open(RecordingSession &session) {
    rtls.opened(session);
    say(session, R"({"type":"HeartBeat","ts":1})");
    QTRY_COMPARE(session.count(), 1);
    session.clear();
  }
  void say(RecordingSession &session, const QByteArray &json) { rtls.received(session, json); }
  void begin(RecordingSession &session, const QByteArray &params, const QByteArray &more = {}) {
    open(session);
    say(session, R"({"type":"request","request":"BeginStream","reqid":"r","params":)" + params + more + '}');
    QCOMPARE(session.text(0), QByteArray(R"({"type":"response","reqid":"r","response":"BeginStream"})"));
    session.clear();
  }
  void put(PointId point, const char *tag, double x, int zone = 0, Quality quality = {}) {
    publish(context, rtls, {sampleOf(context, point, positionOf(tag, x, 2.5, zone), quality)});
  }
  void trigger(const char *tag, int zone, int id = 123, const QString &source = QStringLiteral("test")) {
    context.setSequence(context.sequence() + 1);
    rtls.notify({context.sequence(), context.clock().now(), source, triggerOf(tag, zone, id)});
  }
  void pass(std::chrono::seconds time) {
    context.manualClock().advance(time);
    rtls.tick(context.clock().now());
  }

  TestContext context;
  FakeRtls plugin;
  RtlsProtocol rtls;
  PointId sim1;
  PointId sim2;
};

/// A session at /ws/Manager1.
class StreamSession : public RecordingSession {
 public:
  explicit StreamSession(const QString &manager = QStringLiteral("Manager1"))
      : RecordingSession({{QStringLiteral("manager"), manager}}) {}
};

class RtlsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_1_unknownManager();
  void R1_1_noRtlsAtAll();
  void R1_1_messagesBeforeTheAnswerAreKeptInOrder();
  void R1_1_directoryIsAskedAnewAfterAWhile();
  void R1_3_unknownZoneAndTag();
  void R1_3_zoneOfAReload();
  void R1_3_secondBeginStreamReplaces();
  void R1_3_triggersNarrow();
  void R1_4_replyComesFirst();
  void R1_5_addAndRemoveTag();
  void R1_5_addTagBeginsAStream();
  void R1_6_endStream();
  void R1_7_wrongMessages_data();
  void R1_7_wrongMessages();
  void R1_8_heartbeat();
  void R1_8_missedHeartbeatCloses();
  void R1_8_clientsOwnHeartbeat();
  void R1_8_120HeartbeatsKeepAStreamOpen();
  void R1_9_triggerEvent();
  void R1_9_whatAnotherSiteToldIsNotSentOn();
  void R1_9_zoneOrAZoneAbove();
  void R1_10_positionIn();
  void R1_10_timeWithoutOffsetIsTheSites_data();
  void R1_10_timeWithoutOffsetIsTheSites();
  void R1_10_wrongFields_data();
  void R1_10_wrongFields();
  void R1_10_refusedFixesAreToldOnceASecond();
  void R1_10_needsThePermission();
  void R1_11_positionOut();
  void R1_11_congestedClientGetsTheNewestOnly();
  void R1_1_managerSelectsItsInstance();
  void R1_1_instanceThatIsGoneTakesNobodyNew();
  void R1_3_whoMayConnect_data();
  void R1_3_whoMayConnect();
  void R1_3_tagsNeedAPermission_data();
  void R1_3_tagsNeedAPermission();
  void R1_11_fewerRightsEndWhatTheyCovered();
  void R1_37_activity();
  void clientsThatLeaveAreForgotten();
};

void RtlsTest::R1_1_unknownManager() {
  Bench bench;
  StreamSession session(QStringLiteral("Nobody"));
  bench.rtls.opened(session);
  QTRY_COMPARE(session.closeCode, 1008);
  QCOMPARE(session.closeReason, QStringLiteral("Manager not found"));
  QCOMPARE(session.count(), 0);
}

void RtlsTest::R1_1_noRtlsAtAll() {
  Bench bench;
  bench.context.answerWith(nullptr);
  StreamSession session;
  bench.rtls.opened(session);
  QTRY_COMPARE(session.closeCode, 1008);
  // It is there now: the next one is served.
  bench.context.answerWith(&bench.plugin);
  StreamSession later;
  bench.open(later);
  QCOMPARE(later.closeCode, 0);
}

void RtlsTest::R1_1_messagesBeforeTheAnswerAreKeptInOrder() {
  Bench bench;
  StreamSession session;
  bench.rtls.opened(session);
  const QByteArray ask = R"({"type":"request","request":"?","reqid":"?","params":[{"id":"SIM1"}]})";
  for (const char *name : {"BeginStream", "AddTag", "AddTag", "RemoveTag"}) {
    bench.say(session, QByteArray(ask).replace("?", name));
  }
  QCOMPARE(session.count(), 0);
  QTRY_COMPARE(session.count(), 4);
  QCOMPARE(session.each("response"), (QStringList{QStringLiteral("BeginStream"), QStringLiteral("AddTag"),
                                                  QStringLiteral("AddTag"), QStringLiteral("RemoveTag")}));
  // Without end they are not.
  StreamSession flood(QStringLiteral("Manager2"));
  bench.rtls.opened(flood);
  for (int count = 0; count < 1001; ++count) bench.say(flood, ask);
  QCOMPARE(flood.closeCode, 1008);
}

void RtlsTest::R1_1_directoryIsAskedAnewAfterAWhile() {
  Bench bench;
  StreamSession one;
  StreamSession two;
  bench.open(one);
  bench.open(two);
  QCOMPARE(bench.plugin.asked, 1);
  bench.plugin.zones.managers.append({QStringLiteral("Manager2"), QString(), 0});
  StreamSession added(QStringLiteral("Manager2"));
  bench.open(added);
  QCOMPARE(added.closeCode, 0);
  QCOMPARE(bench.plugin.asked, 2);
}

void RtlsTest::R1_3_unknownZoneAndTag() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.say(session, R"({"type":"request","request":"BeginStream","reqid":"a","params":[],"zone_id":9})");
  QCOMPARE(session.text(0), QByteArray(R"({"type":"response","reqid":"a","response":"Unknown",)"
                                       R"("message":"unknown zone_id 9"})"));
  // What happens in a zone of another site never comes over a manager's stream.
  bench.plugin.zones.zones.append({9, QStringLiteral("Yonder"), {}, 0, true});
  bench.context.manualClock().advance(6s);
  session.clear();
  bench.say(session, R"({"type":"request","request":"BeginStream","reqid":"a","params":[],"zone_id":9})");
  QTRY_COMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("message")).toString(), QStringLiteral("unknown zone_id 9"));
  bench.say(session, R"({"type":"request","request":"BeginStream","reqid":"b","params":[{"id":"NOBODY"}]})");
  QCOMPARE(session.last().value(QStringLiteral("response")).toString(), QStringLiteral("BeginStream"));
}

void RtlsTest::R1_3_zoneOfAReload() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.context.manualClock().advance(6s);
  bench.plugin.zones.zones.append({9, QStringLiteral("New"), QStringLiteral("room"), 417});
  bench.say(session, R"({"type":"request","request":"BeginStream","reqid":"a","params":[],"zone_id":9})");
  bench.say(session, R"({"type":"request","request":"AddTag","reqid":"b","params":[{"id":"SIM1"}]})");
  QTRY_COMPARE(session.count(), 2);
  QCOMPARE(session.each("response"), (QStringList{QStringLiteral("BeginStream"), QStringLiteral("AddTag")}));
}

void RtlsTest::R1_3_secondBeginStreamReplaces() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1","data":"true"}])", R"(,"zone_id":417)");
  bench.say(session,
            R"({"type":"request","request":"BeginStream","reqid":"2","params":[{"id":"SIM2","data":"true"}]})");
  session.clear();
  bench.put(bench.sim1, "SIM1", 1, 417);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), 0);
  bench.put(bench.sim2, "SIM2", 1, 500);
  bench.trigger("SIM2", 500);
  QCOMPARE(session.count(), 2);
}

void RtlsTest::R1_3_triggersNarrow() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1"}])", R"(,"triggers":[123])");
  bench.trigger("SIM1", 417, 124);
  QCOMPARE(session.count(), 0);
  bench.trigger("SIM1", 417, 123);
  QCOMPARE(session.count(), 1);
}

void RtlsTest::R1_4_replyComesFirst() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.trigger("SIM1", 417);
  bench.put(bench.sim1, "SIM1", 1);
  bench.say(session, R"({"type":"request","request":"BeginStream","reqid":"remote_api_1",)"
                     R"("params":[{"id":"SIM1","data":"true"}]})");
  bench.trigger("SIM1", 417);
  bench.rtls.flush();
  QCOMPARE(session.each("type"), (QStringList{QStringLiteral("response"), QStringLiteral("TriggerEvent")}));
  QCOMPARE(session.text(0), QByteArray(R"({"type":"response","reqid":"remote_api_1","response":"BeginStream"})"));
}

void RtlsTest::R1_5_addTagBeginsAStream() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.say(session, R"({"type":"request","request":"RemoveTag","reqid":"a","params":[{"id":"SIM1"}]})");
  bench.say(session, R"({"type":"request","request":"AddTag","reqid":"b","params":[{"id":"SIM1","data":"true"}]})");
  QCOMPARE(session.each("response"), (QStringList{QStringLiteral("RemoveTag"), QStringLiteral("AddTag")}));
  QCOMPARE(bench.rtls.activityOf(session).streams, 1);
}

void RtlsTest::R1_5_addAndRemoveTag() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1"}])");
  bench.say(session, R"({"type":"request","request":"AddTag","reqid":"a","params":[{"id":"SIM2","data":"true"}]})");
  QCOMPARE(session.text(0), QByteArray(R"({"type":"response","reqid":"a","response":"AddTag"})"));
  bench.put(bench.sim2, "SIM2", 1);
  QCOMPARE(session.count(), 2);
  bench.say(session, R"({"type":"request","request":"RemoveTag","reqid":"b","params":[{"id":"SIM2"}]})");
  QCOMPARE(session.text(2), QByteArray(R"({"type":"response","reqid":"b","response":"RemoveTag"})"));
  bench.put(bench.sim2, "SIM2", 2);
  bench.trigger("SIM2", 417);
  QCOMPARE(session.count(), 3);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), 4);
}

void RtlsTest::R1_6_endStream() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1","data":"true"}])");
  bench.say(session, R"({"type":"request","request":"EndStream","reqid":"e"})");
  QCOMPARE(session.text(0), QByteArray(R"({"type":"response","reqid":"e","response":"EndStream"})"));
  QCOMPARE(session.closeCode, 1000);
  bench.trigger("SIM1", 417);
  bench.put(bench.sim1, "SIM1", 1);
  bench.pass(31s);
  QCOMPARE(session.count(), 1);
}

void RtlsTest::R1_7_wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("reqid");
  QTest::addColumn<QString>("error");
  const auto begin = [](const char *rest) {
    return R"({"type":"request","request":"BeginStream","reqid":"q")" + QByteArray(rest) + '}';
  };
  QTest::newRow("no JSON") << QByteArray("{") << ""
                           << "not JSON";
  QTest::newRow("deep") << QByteArray(60'000, '[') << ""
                        << "not JSON";
  QTest::newRow("list") << QByteArray("[]") << ""
                        << "must be a JSON object";
  QTest::newRow("no type") << QByteArray(R"({"reqid":"q"})") << "q"
                           << "unknown type";
  QTest::newRow("unknown request") << QByteArray(R"({"type":"request","request":"Dance","reqid":"q"})") << "q"
                                   << "unknown request \"Dance\"";
  QTest::newRow("no reqid") << QByteArray(R"({"type":"request","request":"BeginStream","params":[]})") << ""
                            << "reqid must";
  QTest::newRow("reqid of another type") << QByteArray(R"({"type":"request","request":"EndStream","reqid":[1]})") << ""
                                         << "reqid must";
  QTest::newRow("no params") << begin("") << "q"
                             << "params must be a list";
  QTest::newRow("params of another type") << begin(R"(,"params":{"id":"SIM1"})") << "q"
                                          << "params must be a list";
  QTest::newRow("param of another type") << begin(R"(,"params":["SIM1"])") << "q"
                                         << "params[0] must be an object";
  QTest::newRow("no id") << begin(R"(,"params":[{"id":"SIM1"},{}])") << "q"
                         << "params[1].id must";
  QTest::newRow("data is no string") << begin(R"(,"params":[{"id":"SIM1","data":true}])") << "q"
                                     << "params[0].data must be a string";
  QTest::newRow("zone of text") << begin(R"(,"params":[],"zone_id":"417")") << "q"
                                << "zone_id must";
  QTest::newRow("triggers") << begin(R"(,"params":[],"triggers":123)") << "q"
                            << "triggers must";
  QTest::newRow("trigger of text") << begin(R"(,"params":[],"triggers":["1"])") << "q"
                                   << "triggers must";
  QTest::newRow("zone 0") << begin(R"(,"params":[],"zone_id":0)") << "q"
                          << "zone_id must";
  QTest::newRow("heartbeat") << QByteArray(R"({"type":"HeartBeat","ts":"now"})") << ""
                             << "ts must";
}

void RtlsTest::R1_7_wrongMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, reqid);
  QFETCH(QString, error);
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.say(session, text);
  QCOMPARE(session.count(), 1);
  const QJsonObject answer = session.last();
  QCOMPARE(answer.value(QStringLiteral("type")).toString(), QStringLiteral("response"));
  QCOMPARE(answer.value(QStringLiteral("response")).toString(), QStringLiteral("Unknown"));
  QCOMPARE(answer.value(QStringLiteral("reqid")), QJsonValue(reqid));
  const QString message = answer.value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  QCOMPARE(session.closeCode, 0);
}

void RtlsTest::R1_8_heartbeat() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.pass(29s);
  QCOMPARE(session.count(), 0);
  bench.pass(1s);
  QCOMPARE(session.text(0), QByteArray(R"({"type":"HeartBeat","ts":1767225630000})"));
  bench.pass(9s);
  bench.say(session, session.text(0));
  QCOMPARE(session.count(), 1);  // a reply is never answered
  bench.pass(15s);
  QCOMPARE(session.closeCode, 0);
  bench.say(session, session.text(0));  // nor is a late copy
  QCOMPARE(session.count(), 1);
  bench.pass(6s);
  QCOMPARE(session.count(), 2);
}

void RtlsTest::R1_8_missedHeartbeatCloses() {
  Bench bench;
  StreamSession session;
  StreamSession other;
  bench.open(session);
  bench.open(other);
  bench.pass(30s);
  bench.say(other, other.text(0));
  bench.say(session, R"({"type":"HeartBeat","ts":1767225629999})");  // another number is no reply
  bench.pass(9s);
  QCOMPARE(session.closeCode, 0);
  bench.pass(1s);
  QCOMPARE(session.closeCode, 4408);
  QCOMPARE(session.closeReason, QStringLiteral("heartbeat timeout"));
  QCOMPARE(other.closeCode, 0);
}

void RtlsTest::R1_8_clientsOwnHeartbeat() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.context.manualClock().advance(1s);
  bench.say(session, R"({"type":"HeartBeat","ts":5})");
  bench.say(session, R"({"type":"HeartBeat","ts":6})");
  QCOMPARE(session.count(), 1);  // once a second at most
  QCOMPARE(session.text(0), QByteArray(R"({"type":"HeartBeat","ts":5})"));
  bench.context.manualClock().advance(1s);
  bench.say(session, R"({"type":"HeartBeat","ts":7})");
  QCOMPARE(session.count(), 2);
}

void RtlsTest::R1_9_triggerEvent() {
  Bench bench;
  StreamSession one;
  StreamSession two;
  bench.begin(one, R"([{"id":"SIM1"}])");
  bench.begin(two, R"([{"id":"SIM1","data":"true"}])");
  bench.context.manualClock().advance(789ms);
  bench.trigger("SIM1", 417);
  bench.trigger("SIM2", 417);
  QCOMPARE(one.count(), 1);
  QCOMPARE(one.text(0),
           QByteArray(R"({"type":"TriggerEvent","trigger_id":123,"direction":"OnEnter","tag_id":"SIM1",)"
                      R"("timestamp":"2026-01-01T00:00:00.789Z","trigger_name":"Entry Gate","tag_name":"Badge",)"
                      R"("zone_id":417,"x":1.0,"y":2.0,"z":0.0})"));
  QCOMPARE(two.frames[0].bytes().constData(), one.frames[0].bytes().constData());
}

/// Two sites that listen to each other's managers would go on for ever.
void RtlsTest::R1_9_whatAnotherSiteToldIsNotSentOn() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1","data":"true"}])");
  TriggerEvent event = triggerOf("SIM1", 417);
  event.origin = QStringLiteral("wss://other/ws/Manager2");
  bench.rtls.notify({7, bench.context.clock().now(), QStringLiteral("test"), event});
  Position position = std::get<Position>(positionOf("SIM1", 1.5, 2.5, 417));
  auto fix = std::make_shared<Fix>(*position.fix);
  fix->origin = event.origin;
  position.fix = std::move(fix);
  publish(bench.context, bench.rtls, {sampleOf(bench.context, bench.sim1, position, {})});
  QCOMPARE(session.count(), 0);
  bench.trigger("SIM1", 417);
  bench.put(bench.sim1, "SIM1", 1.5, 417);
  QCOMPARE(session.count(), 2);
}

void RtlsTest::R1_9_zoneOrAZoneAbove() {
  Bench bench;
  StreamSession hall;
  StreamSession room;
  bench.begin(hall, R"([{"id":"SIM1"}])", R"(,"zone_id":417)");
  bench.begin(room, R"([{"id":"SIM1"}])", R"(,"zone_id":418)");
  bench.trigger("SIM1", 418);
  QCOMPARE(hall.count(), 1);
  QCOMPARE(room.count(), 1);
  bench.trigger("SIM1", 417);
  QCOMPARE(hall.count(), 2);
  QCOMPARE(room.count(), 1);
  bench.trigger("SIM1", 500);
  QCOMPARE(hall.count(), 2);
}

void RtlsTest::R1_10_positionIn() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.say(session, R"({"type":"GISData","ID":"SIM1","Type":"Sim","TS":"2025-05-05T12:34:56.789","X":1.5,"Y":2.5,)"
                     R"("Z":0.5,"Bat":100,"CNF":95.0,"GWID":"SIM-GW","Sequence":17,"zone_id":417})");
  QTRY_COMPARE(bench.plugin.fixes.size(), 1);
  const IncomingFix fix = bench.plugin.fixes[0];
  QCOMPARE(fix.fix.tag, QStringLiteral("SIM1"));
  QCOMPARE(fix.fix.type, QStringLiteral("Sim"));
  QCOMPARE(fix.fix.gateway, QStringLiteral("SIM-GW"));
  QCOMPARE(fix.fix.battery, 100);
  QCOMPARE(fix.fix.confidence, 95.0);
  QCOMPARE(fix.fix.sequence, 17);
  QCOMPARE(fix.fix.zone, 417);
  QCOMPARE(fix.x, 1.5);
  QCOMPARE(fix.y, 2.5);
  QCOMPARE(fix.z, 0.5);
  QCOMPARE(toIso(*fix.time), QStringLiteral("2025-05-05T12:34:56.789Z"));
  bench.say(session, R"({"type":"GISData","ID":"SIM2","X":1,"Y":2})");
  QTRY_COMPARE(bench.plugin.fixes.size(), 2);
  QVERIFY(!bench.plugin.fixes[1].time);
  QCOMPARE(bench.plugin.fixes[1].fix.sequence, -1);
  QCOMPARE(bench.plugin.fixes[1].sender, fix.sender);
  StreamSession other;
  bench.open(other);
  bench.say(other, R"({"type":"GISData","ID":"SIM2","X":1,"Y":2})");
  QTRY_COMPARE(bench.plugin.fixes.size(), 3);
  QVERIFY(bench.plugin.fixes[2].sender != bench.plugin.fixes[1].sender);
  QCOMPARE(session.count(), 0);  // an accepted one is not answered
}

void RtlsTest::R1_10_timeWithoutOffsetIsTheSites_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("utc");
  QTest::newRow("none") << QByteArray("2025-05-05T12:34:56.789") << "2025-05-05T07:04:56.789Z";
  QTest::newRow("Z") << QByteArray("2025-05-05T12:34:56.789Z") << "2025-05-05T12:34:56.789Z";
  QTest::newRow("offset") << QByteArray("2025-05-05T12:34:56.789+02:00") << "2025-05-05T10:34:56.789Z";
  QTest::newRow("no fraction") << QByteArray("2025-05-05T12:34:56") << "2025-05-05T07:04:56.000Z";
}

void RtlsTest::R1_10_timeWithoutOffsetIsTheSites() {
  QFETCH(QByteArray, text);
  QFETCH(QString, utc);
  Bench bench;
  bench.context.mutableSite().timeZone = QTimeZone("Asia/Kolkata");
  StreamSession session;
  bench.open(session);
  bench.say(session, R"({"type":"GISData","ID":"SIM1","X":1,"Y":2,"TS":")" + text + "\"}");
  QTRY_COMPARE(bench.plugin.fixes.size(), 1);
  QCOMPARE(toIso(*bench.plugin.fixes[0].time), utc);
}

void RtlsTest::R1_10_wrongFields_data() {
  QTest::addColumn<QByteArray>("fields");
  QTest::addColumn<QString>("error");
  QTest::newRow("no ID") << QByteArray(R"("X":1,"Y":2)") << "ID is missing";
  QTest::newRow("no X") << QByteArray(R"("ID":"a","Y":2)") << "X is missing";
  QTest::newRow("no Y") << QByteArray(R"("ID":"a","X":2)") << "Y is missing";
  QTest::newRow("ID") << QByteArray(R"("ID":5,"X":1,"Y":2)") << "ID must be a text";
  QTest::newRow("empty ID") << QByteArray(R"("ID":"","X":1,"Y":2)") << "ID must be a text";
  QTest::newRow("X") << QByteArray(R"("ID":"a","X":"1","Y":2)") << "X must be a number";
  QTest::newRow("huge X") << QByteArray(R"("ID":"a","X":1e999,"Y":2)") << "";
  QTest::newRow("TS") << QByteArray(R"("ID":"a","X":1,"Y":2,"TS":"today")") << "TS must be an ISO";
  QTest::newRow("TS of number") << QByteArray(R"("ID":"a","X":1,"Y":2,"TS":5)") << "TS must be an ISO";
  QTest::newRow("far TS") << QByteArray(R"("ID":"a","X":1,"Y":2,"TS":"9999-01-01T00:00:00")") << "TS must be an ISO";
  QTest::newRow("Bat") << QByteArray(R"("ID":"a","X":1,"Y":2,"Bat":101)") << "Bat must be";
  QTest::newRow("CNF") << QByteArray(R"("ID":"a","X":1,"Y":2,"CNF":"high")") << "CNF must be";
  QTest::newRow("Sequence") << QByteArray(R"("ID":"a","X":1,"Y":2,"Sequence":201)") << "Sequence must be";
  QTest::newRow("Sequence 0") << QByteArray(R"("ID":"a","X":1,"Y":2,"Sequence":0)") << "Sequence must be";
  QTest::newRow("half a Sequence") << QByteArray(R"("ID":"a","X":1,"Y":2,"Sequence":1.5)") << "Sequence must be";
  QTest::newRow("zone") << QByteArray(R"("ID":"a","X":1,"Y":2,"zone_id":"x")") << "zone_id must be";
  QTest::newRow("long gateway") << R"("ID":"a","X":1,"Y":2,"GWID":")" + QByteArray(200, 'g') + '"' << "GWID must be";
}

void RtlsTest::R1_10_wrongFields() {
  QFETCH(QByteArray, fields);
  QFETCH(QString, error);
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.say(session, R"({"type":"GISData",)" + fields + '}');
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("response")).toString(), QStringLiteral("Unknown"));
  const QString message = session.last().value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  QTest::qWait(5);
  QVERIFY(bench.plugin.fixes.isEmpty());
  QVERIFY(QByteArray::fromStdString(bench.context.metrics().text()).contains("tagwire_ws_fixes_refused_total"));
  QCOMPARE(session.closeCode, 0);
}

void RtlsTest::R1_10_refusedFixesAreToldOnceASecond() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  bench.plugin.refusal = QStringLiteral("sequence 17 is not after 18");
  for (int count = 0; count < 10; ++count) bench.say(session, R"({"type":"GISData","ID":"SIM1","X":1,"Y":2})");
  QTRY_COMPARE(bench.plugin.fixes.size(), 10);
  QTRY_COMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("message")).toString(), bench.plugin.refusal);
  QCOMPARE(session.closeCode, 0);
}

void RtlsTest::R1_11_positionOut() {
  Bench bench;
  StreamSession positions;
  StreamSession same;
  StreamSession eventsOnly;
  StreamSession yard;
  bench.begin(positions, R"([{"id":"SIM1","data":"true"}])");
  bench.begin(same, R"([{"id":"SIM1","data":"true"},{"id":"SIM2","data":"true"}])", R"(,"zone_id":417)");
  bench.begin(eventsOnly, R"([{"id":"SIM1","data":"yes"}])");
  bench.begin(yard, R"([{"id":"SIM1","data":"true"}])", R"(,"zone_id":500)");
  bench.put(bench.sim1, "SIM1", 1.5, 418);
  QCOMPARE(positions.text(0),
           QByteArray(R"({"type":"GISData","ID":"SIM1","Type":"Sim","TS":"2026-01-01T00:00:00.000Z","X":1.5,"Y":2.5,)"
                      R"("Z":0.0,"Bat":100,"CNF":95.0,"GWID":"SIM-GW","Sequence":17,"zone_id":418})"));
  QCOMPARE(same.frames[0].bytes().constData(), positions.frames[0].bytes().constData());
  QCOMPARE(eventsOnly.count(), 0);
  QCOMPARE(yard.count(), 0);
  // A lost tag is no new position.
  bench.put(bench.sim1, "SIM1", 1.5, 418, Quality::bad(QualityReason::Lost));
  QCOMPARE(positions.count(), 1);
}

void RtlsTest::R1_11_congestedClientGetsTheNewestOnly() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1","data":"true"},{"id":"SIM2","data":"true"}])");
  session.congested = true;
  for (double x = 0; x < 100; ++x) bench.put(bench.sim1, "SIM1", x);
  bench.put(bench.sim2, "SIM2", 7);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.each("type"), QStringList{QStringLiteral("TriggerEvent")});
  session.congested = false;
  bench.rtls.drained(session);
  QCOMPARE(session.count(), 3);
  QCOMPARE(session.message(1).value(QStringLiteral("X")).toDouble(), 99);
}

void RtlsTest::R1_8_120HeartbeatsKeepAStreamOpen() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  for (int count = 0; count < 120; ++count) {
    bench.pass(30s);
    QCOMPARE(session.last().value(QStringLiteral("type")).toString(), QStringLiteral("HeartBeat"));
    bench.say(session, session.text(session.count() - 1));
  }
  QCOMPARE(session.count(), 120);
  QCOMPARE(session.closeCode, 0);
}

void RtlsTest::R1_10_needsThePermission() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  session.allow({QStringLiteral("positions:read"), QStringLiteral("positions:SIM1:write")});
  bench.say(session, R"({"type":"GISData","ID":"SIM2","X":1,"Y":2})");
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("response")).toString(), QStringLiteral("Unknown"));
  QCOMPARE(session.last().value(QStringLiteral("message")).toString(),
           QStringLiteral("not permitted: positions:write of tag \"SIM2\" is due"));
  QVERIFY(QByteArray::fromStdString(bench.context.metrics().text()).contains("tagwire_ws_fixes_refused_total 1\n"));
  bench.say(session, R"({"type":"GISData","ID":"SIM1","X":1,"Y":2})");
  QTRY_COMPARE(bench.plugin.fixes.size(), 1);
  QCOMPARE(bench.plugin.fixes[0].fix.tag, QStringLiteral("SIM1"));
  QCOMPARE(session.closeCode, 0);
}

/// Two RTLS instances that use the same ids for zones and tags.
void RtlsTest::R1_1_managerSelectsItsInstance() {
  Bench bench;
  FakeRtls yard(QStringLiteral("Yard"));
  yard.zones.zones = {{417, QStringLiteral("Gate"), QStringLiteral("area"), 0}};
  bench.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  StreamSession hall;
  StreamSession gate(QStringLiteral("Yard"));
  bench.begin(hall, R"([{"id":"SIM1","data":"true"}])", R"(,"zone_id":417)");
  bench.begin(gate, R"([{"id":"SIM1","data":"true"}])", R"(,"zone_id":417)");
  bench.put(bench.sim1, "SIM1", 1, 418);
  bench.trigger("SIM1", 418);
  QCOMPARE(hall.count(), 2);
  QCOMPARE(gate.count(), 0);
  bench.trigger("SIM1", 417, 123, QStringLiteral("yard"));
  QCOMPARE(hall.count(), 2);
  QCOMPARE(gate.count(), 1);
  bench.say(gate, R"({"type":"request","request":"BeginStream","reqid":"z","params":[],"zone_id":500})");
  QCOMPARE(gate.last().value(QStringLiteral("response")).toString(), QStringLiteral("Unknown"));
  bench.say(gate, R"({"type":"GISData","ID":"SIM1","X":1,"Y":2})");
  QTRY_COMPARE(yard.fixes.size(), 1);
  QVERIFY(bench.plugin.fixes.isEmpty());
}

void RtlsTest::R1_1_instanceThatIsGoneTakesNobodyNew() {
  Bench bench;
  FakeRtls yard(QStringLiteral("Yard"));
  yard.zones.zones = {{417, QStringLiteral("Gate"), QStringLiteral("area"), 0}};
  bench.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  StreamSession early(QStringLiteral("Yard"));
  bench.begin(early, R"([{"id":"SIM1"}])", R"(,"zone_id":417)");
  bench.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), nullptr);
  bench.context.manualClock().advance(6s);
  StreamSession newest(QStringLiteral("Nobody"));
  bench.rtls.opened(newest);
  QTRY_COMPARE(newest.closeCode, 1008);
  StreamSession late(QStringLiteral("Yard"));
  bench.rtls.opened(late);
  QTRY_COMPARE(late.closeCode, 1008);
  // Who is there already stays, and is served when it is back.
  QCOMPARE(early.closeCode, 0);
  bench.trigger("SIM1", 417, 123, QStringLiteral("yard"));
  QCOMPARE(early.count(), 1);
}

void RtlsTest::R1_3_whoMayConnect_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<bool>("may");
  QTest::newRow("positions:read") << QStringLiteral("positions:read") << true;
  QTest::newRow("events:read") << QStringLiteral("events:read") << true;
  QTest::newRow("positions:write") << QStringLiteral("positions:write") << true;
  QTest::newRow("one tag") << QStringLiteral("positions:SIM1:read") << true;
  QTest::newRow("points:read") << QStringLiteral("points:read") << false;
  QTest::newRow("alarms:*") << QStringLiteral("alarms:*") << false;
}

void RtlsTest::R1_3_whoMayConnect() {
  QFETCH(QString, permission);
  QFETCH(bool, may);
  Bench bench;
  StreamSession session;
  session.allow({permission});
  const auto refusal = bench.rtls.check(session.upgrade(), *session.caller());
  QCOMPARE(!refusal, may);
  if (refusal) QCOMPARE(refusal->status, 403);
}

void RtlsTest::R1_3_tagsNeedAPermission_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<QByteArray>("params");
  QTest::addColumn<QString>("error");
  const QByteArray data = R"([{"id":"SIM1","data":"true"}])";
  const QByteArray both = R"([{"id":"SIM1","data":"true"},{"id":"SIM2","data":"false"}])";
  QTest::newRow("all positions") << QStringLiteral("positions:read") << both << QString();
  QTest::newRow("events only") << QStringLiteral("events:read") << QByteArray(R"([{"id":"SIM1"}])") << QString();
  QTest::newRow("positions with events only")
      << QStringLiteral("events:read") << data << QStringLiteral("positions:read of tag \"SIM1\" is due");
  QTest::newRow("own tag") << QStringLiteral("positions:SIM1:read") << data << QString();
  QTest::newRow("other tag") << QStringLiteral("positions:SIM1:read") << both
                             << QStringLiteral("events:read or positions:read of tag \"SIM2\" is due");
  QTest::newRow("sender only") << QStringLiteral("positions:write") << QByteArray("[]")
                               << QStringLiteral("events:read or positions:read is due");
}

void RtlsTest::R1_3_tagsNeedAPermission() {
  QFETCH(QString, permission);
  QFETCH(QByteArray, params);
  QFETCH(QString, error);
  Bench bench;
  StreamSession session;
  session.allow({permission});
  bench.open(session);
  for (const char *request : {"BeginStream", "AddTag"}) {
    bench.say(session,
              QByteArray(R"({"type":"request","reqid":"r","request":")") + request + R"(","params":)" + params + '}');
    const QString response = session.last().value(QStringLiteral("response")).toString();
    QCOMPARE(response, error.isEmpty() ? QString::fromLatin1(request) : QStringLiteral("Unknown"));
    const QString message = session.last().value(QStringLiteral("message")).toString();
    QVERIFY2(message.contains(error), qPrintable(message));
  }
  session.clear();
  bench.put(bench.sim1, "SIM1", 1);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), !error.isEmpty() ? 0 : params.contains("data") ? 2 : 1);
}

void RtlsTest::R1_11_fewerRightsEndWhatTheyCovered() {
  Bench bench;
  StreamSession session;
  bench.begin(session, R"([{"id":"SIM1","data":"true"},{"id":"SIM2","data":"true"}])");
  session.congested = true;
  bench.put(bench.sim2, "SIM2", 1);
  session.allow({QStringLiteral("positions:SIM1:read")});
  bench.rtls.callerChanged(session);
  QCOMPARE(session.count(), 1);
  QVERIFY(session.last().value(QStringLiteral("message")).toString().contains(QStringLiteral("not permitted")));
  session.congested = false;
  bench.rtls.drained(session);
  bench.put(bench.sim2, "SIM2", 2);
  bench.trigger("SIM2", 417);
  QCOMPARE(session.count(), 1);
  bench.put(bench.sim1, "SIM1", 1);
  QCOMPARE(session.count(), 2);
  session.allow({QStringLiteral("events:read")});
  bench.rtls.callerChanged(session);
  session.clear();
  bench.put(bench.sim1, "SIM1", 2);
  QCOMPARE(session.count(), 0);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), 1);
  bench.rtls.callerChanged(session);  // nothing more to lose: nothing to tell
  QCOMPARE(session.count(), 1);
}

void RtlsTest::R1_37_activity() {
  Bench bench;
  StreamSession session;
  bench.open(session);
  QCOMPARE(bench.rtls.activityOf(session).streams, 0);
  QCOMPARE(bench.rtls.activityOf(session).lastHeartbeat, std::optional(bench.context.clock().now()));
  bench.say(session,
            R"({"type":"request","request":"BeginStream","reqid":"r","params":[{"id":"SIM1","data":"true"}]})");
  session.congested = true;
  for (double x = 0; x < 10; ++x) bench.put(bench.sim1, "SIM1", x);
  QCOMPARE(bench.rtls.activityOf(session).streams, 1);
  QCOMPARE(bench.rtls.activityOf(session).dropped, quint64(9));
  bench.pass(30s);
  bench.pass(10s);
  QCOMPARE(session.closeCode, 4408);
  QVERIFY(
      QByteArray::fromStdString(bench.context.metrics().text()).contains("tagwire_ws_heartbeat_timeouts_total 1\n"));
}

void RtlsTest::clientsThatLeaveAreForgotten() {
  Bench bench;
  {
    StreamSession gone;
    bench.begin(gone, R"([{"id":"SIM1","data":"true"}])");
    bench.put(bench.sim1, "SIM1", 1);
    bench.plugin.refusal = QStringLiteral("no");
    bench.say(gone, R"({"type":"GISData","ID":"SIM1","X":1,"Y":2})");
    bench.rtls.closed(gone);
  }
  {
    StreamSession waits(QStringLiteral("Manager2"));
    bench.rtls.opened(waits);
    bench.rtls.closed(waits);
  }
  bench.put(bench.sim1, "SIM1", 2);
  bench.trigger("SIM1", 417);
  QTRY_COMPARE(bench.plugin.fixes.size(), 1);
  QTest::qWait(5);
}

TAGWIRE_TEST(RtlsTest)

}  // namespace rtls_test

#include "rtls_test.moc"
