// SPDX-License-Identifier: Apache-2.0
#include "tracker.h"

#include <QtTest>

#include "makemodel.h"
#include "testprogram.h"

namespace trackercrowd_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Proximity on the whole way of a fix.
class TrackerCrowdTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void collisionsGoOnAfterARestart();
  void collisionsWithinTheToleranceGoOnAfterARestart();
  void whoIsLeftAloneByALostGuard();

 private:
  const Moment m_now{fromMilliseconds(1'767'225'600'000), std::chrono::seconds(50)};
};

namespace {

Model modelOfClasses(const QByteArray &rules) {
  return *makeModel(R"({"managers":["M"],"tags":[{"id":"A","class":"person"},{"id":"B","class":"guard"}],)" + rules +
                    "}");
}

IncomingFix fixOf(const char *tag, double x) {
  IncomingFix fix;
  fix.fix.tag = QString::fromLatin1(tag);
  fix.x = x;
  fix.sender = QStringLiteral("test");
  return fix;
}

}  // namespace

void TrackerCrowdTest::collisionsGoOnAfterARestart() {
  const Model model = modelOfClasses(R"("proximity":[{"id":1,"name":"r","between":["person","guard"],"distance":5}])");
  Tracker before(model, std::chrono::seconds(10));
  Tracker::Outcome outcome;
  QVERIFY(before.take(0, fixOf("A", 0), m_now, outcome));
  QVERIFY(before.take(1, fixOf("B", 4), m_now, outcome));
  QCOMPARE(outcome.collisions.size(), 1);

  Tracker after(model, std::chrono::seconds(10));
  const Moment later{m_now.time + std::chrono::seconds(1), std::chrono::seconds(3)};
  Tracker::Outcome recalled;
  after.recall(before.remember(m_now), later, recalled);
  after.advance(later, recalled);
  QVERIFY(after.take(1, fixOf("B", 3), later, recalled));
  QVERIFY(recalled.collisions.isEmpty());
  QVERIFY(after.take(1, fixOf("B", 6), later, recalled));
  QCOMPARE(recalled.collisions.size(), 1);
  QCOMPARE(recalled.collisions.first().phase, Collision::Phase::End);
  QCOMPARE(recalled.collisions.first().start, m_now.time);
}

void TrackerCrowdTest::collisionsWithinTheToleranceGoOnAfterARestart() {
  const auto rules = [](int tolerance) {
    return modelOfClasses(
        QByteArray("\"proximity\":[{\"id\":1,\"name\":\"r\",\"between\":[\"person\",\"guard\"],\"distance\":5,"
                   "\"ongoing_ms\":4000,\"exit_tolerance\":") +
        QByteArray::number(tolerance) + "}]");
  };
  Tracker before(rules(3), std::chrono::seconds(10));
  const auto at = [&](int seconds) {
    return Moment{m_now.time + std::chrono::seconds(seconds), m_now.elapsed + std::chrono::seconds(seconds)};
  };
  Tracker::Outcome outcome;
  QVERIFY(before.take(0, fixOf("A", 0), m_now, outcome));
  QVERIFY(before.take(1, fixOf("B", 4), at(1), outcome));
  QVERIFY(before.take(1, fixOf("B", 7), at(2), outcome));
  QCOMPARE(outcome.collisions.size(), 1);
  const TrackerMemory memory = before.remember(at(2));

  Tracker after(rules(3), std::chrono::seconds(10));
  const auto later = [&](int seconds) { return Moment{at(seconds).time, std::chrono::seconds(seconds)}; };
  Tracker::Outcome recalled;
  after.recall(memory, later(3), recalled);
  QVERIFY(after.take(1, fixOf("B", 4), later(4), recalled));
  QVERIFY(recalled.collisions.isEmpty());
  QVERIFY(after.take(1, fixOf("B", 4), later(5), recalled));
  QCOMPARE(recalled.collisions.size(), 1);
  QCOMPARE(recalled.collisions.first().phase, Collision::Phase::Ongoing);
  QCOMPARE(recalled.collisions.first().start, at(1).time);

  // By another definition they are apart.
  Tracker other(rules(2), std::chrono::seconds(10));
  Tracker::Outcome anew;
  other.recall(memory, later(3), anew);
  QVERIFY(other.take(1, fixOf("B", 4), later(4), anew));
  QCOMPARE(anew.collisions.size(), 1);
  QCOMPARE(anew.collisions.first().phase, Collision::Phase::Start);
}

void TrackerCrowdTest::whoIsLeftAloneByALostGuard() {
  const Model model = modelOfClasses(
      R"("unaccompanied":[{"id":1,"name":"r","class":"person","needs":"guard","distance":5,"delay_ms":4000}])");
  Tracker tracker(model, std::chrono::seconds(10));
  Tracker::Outcome outcome;
  QVERIFY(tracker.take(1, fixOf("B", 4), m_now, outcome));
  const auto at = [&](int seconds) {
    return Moment{m_now.time + std::chrono::seconds(seconds), m_now.elapsed + std::chrono::seconds(seconds)};
  };
  QVERIFY(tracker.take(0, fixOf("A", 0), at(8), outcome));
  QVERIFY(outcome.unaccompanied.isEmpty());
  QCOMPARE(tracker.nextDeadline(), at(10).elapsed);
  tracker.advance(at(10), outcome);
  QVERIFY(outcome.unaccompanied.isEmpty());
  QCOMPARE(tracker.nextDeadline(), at(14).elapsed);
  tracker.advance(at(17), outcome);
  QCOMPARE(outcome.unaccompanied.size(), 1);
  QCOMPARE(outcome.unaccompanied.first().start, at(10).time);
  QCOMPARE(outcome.unaccompanied.first().time, at(14).time);
  tracker.advance(at(18), outcome);
  QCOMPARE(outcome.unaccompanied.size(), 2);
  QCOMPARE(outcome.unaccompanied.last().reason, QStringLiteral("timeout"));
  QCOMPARE(outcome.unaccompanied.last().time, at(18).time);
}

TAGWIRE_TEST(TrackerCrowdTest)

}  // namespace trackercrowd_test

#include "trackercrowd_test.moc"
