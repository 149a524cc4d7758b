// SPDX-License-Identifier: Apache-2.0
#include "tracker.h"

#include <QtTest>

#include <cmath>

#include "makemodel.h"
#include "testprogram.h"

namespace tracker_test {

using namespace tagwire;
using namespace tagwire::rtls;

class TrackerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void R1_26_deepestZone_data();
  void R1_26_deepestZone();
  void R1_26_occupancyCountsUpwards();
  void R1_12_outOfSequenceChangesNothing();
  void R1_25_silentTagIsLost();
  void R1_25_lostTagComesBack();
  void R1_25_nextDeadline();
  void R1_25_refusedRepetitionIsASignOfLife();
  void R1_25_whatIsNotBelievedIsNoSignOfLife();
  void R1_25_heardOutlivesARestart();
  void R1_25_lossesWaitForWhatIsUnread();
  void R1_10_wrongFixes_data();
  void R1_10_wrongFixes();
  void R1_10_sourceTime();
  void positionKeepsWhatCameWithIt();

 private:
  Tracker::Outcome take(const char *tag, double x, double y, double z = 1, int sequence = -1);
  void wait(std::chrono::milliseconds by);

  Moment m_now;
  std::unique_ptr<Tracker> m_tracker;
};

void TrackerTest::init() {
  m_now = Moment{fromMilliseconds(1'767'225'600'000), std::chrono::seconds(50)};
  const auto model = makeModel(R"({"managers":["M"],"zones":[
      {"id":1,"name":"Site","level":"campus","polygon":[[0,0],[100,0],[100,100],[0,100]]},
      {"id":5,"name":"Desk","level":"area","parent":3,"polygon":[[10,10],[12,10],[12,12],[10,12]]},
      {"id":2,"name":"House","level":"building","parent":1,"polygon":[[0,0],[50,0],[50,50],[0,50]],"z":[0,6]},
      {"id":3,"name":"Kitchen","level":"room","parent":2,"polygon":[[10,10],[20,10],[20,20],[10,20]],"z":[0,3]},
      {"id":4,"name":"Upstairs","level":"room","parent":2,"polygon":[[10,10],[20,10],[20,20],[10,20]],"z":[3,6]},
      {"id":6,"name":"Big","level":"room","parent":2,"polygon":[[30,30],[50,30],[50,50],[30,50]]},
      {"id":7,"name":"Small","level":"room","parent":2,"polygon":[[30,30],[40,30],[40,40],[30,40]]}],
      "tags":[{"id":"A","name":"Anna"},{"id":"B"}],
      "triggers":[{"id":9,"name":"Leaves","zone":3,"direction":"OnExit","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]}]})");
  m_tracker = std::make_unique<Tracker>(*model, std::chrono::seconds(10));
}

Tracker::Outcome TrackerTest::take(const char *tag, double x, double y, double z, int sequence) {
  IncomingFix fix;
  fix.fix.tag = QString::fromLatin1(tag);
  fix.fix.sequence = sequence;
  fix.x = x;
  fix.y = y;
  fix.z = z;
  fix.sender = QStringLiteral("test");
  Tracker::Outcome outcome;
  m_tracker->take(m_tracker->find(fix.fix.tag), fix, m_now, outcome);
  return outcome;
}

void TrackerTest::wait(std::chrono::milliseconds by) {
  m_now.time += by;
  m_now.elapsed += by;
}

void TrackerTest::R1_26_deepestZone_data() {
  QTest::addColumn<double>("x");
  QTest::addColumn<double>("y");
  QTest::addColumn<double>("z");
  QTest::addColumn<int>("zone");
  const auto row = [](const char *name, double x, double y, double z, int zone) {
    QTest::newRow(name) << x << y << z << zone;
  };
  row("nowhere", -1, 5, 1, 0);
  row("campus", 60, 60, 1, 1);
  row("building", 5, 5, 1, 2);
  row("over the building", 5, 5, 7, 1);
  row("room", 15, 15, 1, 3);
  row("room by height", 15, 15, 4, 4);
  row("area", 11, 11, 1, 5);
  row("edge of the area", 12, 11, 1, 5);
  row("two rooms: the smaller", 35, 35, 1, 7);
  row("two rooms: the larger", 45, 45, 1, 6);
  row("height of both rooms: the first", 15, 15, 3, 3);
}

void TrackerTest::R1_26_deepestZone() {
  QFETCH(double, x);
  QFETCH(double, y);
  QFETCH(double, z);
  QFETCH(int, zone);
  const auto outcome = take("A", x, y, z);
  QCOMPARE(outcome.changes.size(), 1);
  QCOMPARE(outcome.changes.at(0).zone, zone);
  QCOMPARE(outcome.changes.at(0).position.fix->zone, zone);
  QVERIFY(outcome.changes.at(0).zoneChanged);
}

void TrackerTest::R1_26_occupancyCountsUpwards() {
  const auto tags = [this] {
    QList<int> all;
    for (int zone = 0; zone < 7; ++zone) all << m_tracker->occupancy(zone);
    return all;
  };
  // In the order of the manifest: Site, Desk, House, Kitchen, Upstairs, Big, Small.
  take("A", 11, 11);
  QCOMPARE(tags(), (QList<int>{1, 1, 1, 1, 0, 0, 0}));
  take("B", 5, 5);
  QCOMPARE(tags(), (QList<int>{2, 1, 2, 1, 0, 0, 0}));
  const auto moved = take("A", 15, 15, 4);
  QCOMPARE(tags(), (QList<int>{2, 0, 2, 0, 1, 0, 0}));
  // Only what changed is told.
  QCOMPARE(moved.occupancies.size(), 3);
  QVERIFY(take("A", 15.5, 15, 4).occupancies.isEmpty());
  QVERIFY(!take("A", 15.6, 15, 4).changes.at(0).zoneChanged);
  take("A", -5, -5);
  take("B", -5, -5);
  QCOMPARE(tags(), (QList<int>{0, 0, 0, 0, 0, 0, 0}));
}

void TrackerTest::R1_12_outOfSequenceChangesNothing() {
  take("A", 15, 15, 1, 18);
  const auto late = take("A", 60, 60, 1, 17);
  QVERIFY(late.changes.isEmpty() && late.occupancies.isEmpty() && late.events.isEmpty());
  QCOMPARE(m_tracker->occupancy(3), 1);
  const auto next = take("A", 60, 60, 1, 19);
  QCOMPARE(next.changes.size(), 1);
  QCOMPARE(next.events.size(), 1);
}

void TrackerTest::R1_25_silentTagIsLost() {
  take("A", 15, 15);
  take("B", 15, 15);
  wait(std::chrono::milliseconds(5000));
  take("B", 15, 15);
  wait(std::chrono::milliseconds(4999));
  Tracker::Outcome outcome;
  m_tracker->advance(m_now, outcome);
  QVERIFY(outcome.changes.isEmpty());
  wait(std::chrono::milliseconds(1));
  m_tracker->advance(m_now, outcome);
  QCOMPARE(outcome.changes.size(), 1);
  const auto &change = outcome.changes.at(0);
  QCOMPARE(change.tag, 0);
  QVERIFY(change.quality == Quality::bad(QualityReason::Lost));
  QVERIFY(change.time == m_now.time);
  QCOMPARE(change.zone, 0);
  QVERIFY(change.zoneChanged);
  QCOMPARE(change.position.x, 15.0);
  QCOMPARE(change.position.fix->zone, 0);
  QCOMPARE(outcome.events.size(), 1);
  QCOMPARE(outcome.events.at(0).event.reason, QStringLiteral("timeout"));
  QCOMPARE(outcome.events.at(0).event.tagId, QStringLiteral("A"));
  QCOMPARE(m_tracker->occupancy(3), 1);
  Tracker::Outcome again;
  m_tracker->advance(m_now, again);
  QVERIFY(again.changes.isEmpty());
}

void TrackerTest::R1_25_lostTagComesBack() {
  take("A", 15, 15);
  wait(std::chrono::seconds(10));
  Tracker::Outcome lost;
  m_tracker->advance(m_now, lost);
  const auto back = take("A", 15, 15);
  QVERIFY(back.changes.at(0).quality.isGood());
  QVERIFY(back.changes.at(0).zoneChanged);
  QCOMPARE(back.changes.at(0).zone, 3);
  QCOMPARE(m_tracker->occupancy(3), 1);
  // Nowhere, lost and nowhere again: the zone's quality changed, so it is told.
  take("B", -5, -5);
  wait(std::chrono::seconds(10));
  m_tracker->advance(m_now, lost);
  QVERIFY(take("B", -5, -5).changes.at(0).zoneChanged);
}

void TrackerTest::R1_25_nextDeadline() {
  QVERIFY(m_tracker->nextDeadline() == endless);
  take("A", 15, 15);
  const auto first = m_now.elapsed;
  wait(std::chrono::seconds(3));
  take("B", 15, 15);
  QCOMPARE(m_tracker->nextDeadline(), first + std::chrono::seconds(10));
  take("A", 15, 15);
  QCOMPARE(m_tracker->nextDeadline(), m_now.elapsed + std::chrono::seconds(10));
}

void TrackerTest::R1_25_refusedRepetitionIsASignOfLife() {
  take("A", 15, 15, 1, 7);
  wait(std::chrono::seconds(9));
  QCOMPARE(take("A", 50, 50, 1, 7).refusal, Refusal::Sequence);
  QCOMPARE(m_tracker->nextDeadline(), m_now.elapsed + std::chrono::seconds(10));
  wait(std::chrono::milliseconds(9999));
  Tracker::Outcome outcome;
  m_tracker->advance(m_now, outcome);
  QVERIFY(outcome.changes.isEmpty());
  QVERIFY(m_tracker->isPresent(0));
  wait(std::chrono::milliseconds(1));
  m_tracker->advance(m_now, outcome);
  QVERIFY(!m_tracker->isPresent(0));
  // It does not bring back one that is lost.
  QCOMPARE(take("A", 15, 15, 1, 7).refusal, Refusal::None);
  QVERIFY(m_tracker->isPresent(0));
}

void TrackerTest::R1_25_whatIsNotBelievedIsNoSignOfLife() {
  const auto model = makeModel(
      "{\"managers\":[\"M\"],\"zones\":[],\"tags\":[{\"id\":\"A\"}],"
      "\"filter\":{\"max_accuracy\":1,\"duplicates\":true,\"order\":true}}");
  Tracker tracker(*model, std::chrono::seconds(10));
  IncomingFix fix;
  fix.fix.tag = QStringLiteral("A");
  fix.time = m_now.time;
  Tracker::Outcome outcome;
  QVERIFY(tracker.take(0, fix, m_now, outcome));
  wait(std::chrono::seconds(6));
  QVERIFY(!tracker.take(0, fix, m_now, outcome));
  QCOMPARE(outcome.refusal, Refusal::Duplicate);
  const auto due = m_now.elapsed + std::chrono::seconds(10);
  QCOMPARE(tracker.nextDeadline(), due);
  wait(std::chrono::seconds(1));
  fix.fix.accuracy = 2;
  QVERIFY(!tracker.take(0, fix, m_now, outcome));
  QCOMPARE(outcome.refusal, Refusal::Accuracy);
  QCOMPARE(tracker.nextDeadline(), due);
}

void TrackerTest::R1_25_heardOutlivesARestart() {
  take("A", 15, 15, 1, 7);
  wait(std::chrono::seconds(9));
  take("A", 15, 15, 1, 7);
  wait(std::chrono::seconds(2));
  const TrackerMemory memory = m_tracker->remember(m_now);
  init();
  wait(std::chrono::seconds(12));
  Tracker::Outcome outcome;
  m_tracker->recall(memory, m_now, outcome);
  QVERIFY(m_tracker->isPresent(0));
  QCOMPARE(m_tracker->nextDeadline(), m_now.elapsed + std::chrono::seconds(7));
}

/// The loop stood still; the fix of A waits in a socket.
void TrackerTest::R1_25_lossesWaitForWhatIsUnread() {
  take("A", 15, 15);
  take("B", 15, 15);
  wait(std::chrono::seconds(20));
  const auto until = m_now.elapsed + std::chrono::seconds(2);
  m_tracker->holdLosses(until);
  Tracker::Outcome outcome;
  m_tracker->advance(m_now, outcome);
  QVERIFY(outcome.changes.isEmpty());
  QCOMPARE(m_tracker->nextDeadline(), until);
  QVERIFY(take("A", 15, 15).events.isEmpty());
  wait(std::chrono::seconds(2));
  m_tracker->advance(m_now, outcome);
  QVERIFY(m_tracker->isPresent(0));
  QVERIFY(!m_tracker->isPresent(1));
  QCOMPARE(outcome.changes.size(), 1);
}

void TrackerTest::R1_10_wrongFixes_data() {
  using Change = std::function<void(IncomingFix &)>;
  QTest::addColumn<Change>("change");
  QTest::addColumn<QString>("reason");
  const auto row = [](const char *name, const char *reason, const Change &change) {
    QTest::newRow(name) << change << QString::fromLatin1(reason);
  };
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  row("good", "", [](IncomingFix &) {});
  row("NaN", "X is nan", [=](IncomingFix &fix) { fix.x = nan; });
  row("Inf", "Y is inf", [=](IncomingFix &fix) { fix.y = inf; });
  row("-Inf", "Z is -inf", [=](IncomingFix &fix) { fix.z = -inf; });
  row("far", "X is 1e+300", [](IncomingFix &fix) { fix.x = 1e300; });
  row("no id", "may not be empty", [](IncomingFix &fix) { fix.fix.tag.clear(); });
  row("long id", "64 characters", [](IncomingFix &fix) { fix.fix.tag = QString(65, u'x'); });
  row("slash in id", "may not hold", [](IncomingFix &fix) { fix.fix.tag = QStringLiteral("a/b"); });
  row("long type", "Type has 60000", [](IncomingFix &fix) { fix.fix.type = QString(60000, u'x'); });
  row("long gateway", "GWID has 129", [](IncomingFix &fix) { fix.fix.gateway = QString(129, u'x'); });
  row("no confidence", "", [=](IncomingFix &fix) { fix.fix.confidence = nan; });
  row("confidence", "CNF 100.5", [](IncomingFix &fix) { fix.fix.confidence = 100.5; });
  row("confidence Inf", "CNF inf", [=](IncomingFix &fix) { fix.fix.confidence = inf; });
  row("no accuracy", "", [=](IncomingFix &fix) { fix.fix.accuracy = nan; });
  row("exact", "", [](IncomingFix &fix) { fix.fix.accuracy = 0; });
  row("accuracy below 0", "Acc -0.5", [](IncomingFix &fix) { fix.fix.accuracy = -0.5; });
  row("accuracy Inf", "Acc inf", [=](IncomingFix &fix) { fix.fix.accuracy = inf; });
  row("battery", "Bat 101", [](IncomingFix &fix) { fix.fix.battery = 101; });
  row("no battery", "", [](IncomingFix &fix) { fix.fix.battery = -1; });
  row("sequence 0", "Sequence 0", [](IncomingFix &fix) { fix.fix.sequence = 0; });
  row("sequence 201", "Sequence 201", [](IncomingFix &fix) { fix.fix.sequence = 201; });
  row("no sequence", "", [](IncomingFix &fix) { fix.fix.sequence = -1; });
}

void TrackerTest::R1_10_wrongFixes() {
  QFETCH(std::function<void(IncomingFix &)>, change);
  QFETCH(QString, reason);
  IncomingFix fix;
  fix.fix.tag = QStringLiteral("SIM1");
  fix.fix.type = QStringLiteral("Sim");
  fix.fix.gateway = QStringLiteral("SIM-GW");
  fix.fix.confidence = 95;
  fix.fix.battery = 100;
  fix.fix.sequence = 17;
  change(fix);
  QCOMPARE(wrongFix(fix).isEmpty(), reason.isEmpty());
  QVERIFY2(wrongFix(fix).contains(reason), qPrintable(wrongFix(fix)));
}

void TrackerTest::R1_10_sourceTime() {
  const Time receipt = m_now.time;
  IncomingFix fix;
  QVERIFY(sourceTime(fix, receipt) == receipt);
  fix.time = receipt - std::chrono::seconds(5);
  QVERIFY(sourceTime(fix, receipt) == *fix.time);
  fix.time = receipt - std::chrono::hours(24 * 400);
  QVERIFY(sourceTime(fix, receipt) == *fix.time);
  fix.time = receipt + std::chrono::seconds(60);
  QVERIFY(sourceTime(fix, receipt) == *fix.time);
  fix.time = receipt + std::chrono::seconds(61);
  QVERIFY(sourceTime(fix, receipt) == receipt);
  fix.time = Time();
  QVERIFY(sourceTime(fix, receipt) == receipt);
}

void TrackerTest::positionKeepsWhatCameWithIt() {
  IncomingFix fix;
  fix.fix = Fix{QStringLiteral("A"), QStringLiteral("Sim"), QStringLiteral("SIM-GW"), 95, 80, 17, 1, 0.25, {}};
  fix.x = 11;
  fix.y = 11;
  fix.z = 1;
  fix.time = m_now.time - std::chrono::seconds(2);
  Tracker::Outcome outcome;
  QVERIFY(m_tracker->take(0, fix, m_now, outcome));
  const Position &position = outcome.changes.at(0).position;
  QCOMPARE(position.fix->type, QStringLiteral("Sim"));
  QCOMPARE(position.fix->gateway, QStringLiteral("SIM-GW"));
  QCOMPARE(position.fix->confidence, 95.0);
  QCOMPARE(position.fix->accuracy, 0.25);
  QCOMPARE(position.fix->battery, 80);
  QCOMPARE(position.fix->sequence, 17);
  // The outline decides, not the sender.
  QCOMPARE(position.fix->zone, 5);
  QVERIFY(outcome.changes.at(0).time == *fix.time);
}

TAGWIRE_TEST(TrackerTest)

}  // namespace tracker_test

#include "tracker_test.moc"
