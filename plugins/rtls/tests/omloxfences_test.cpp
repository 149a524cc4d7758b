// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include "omlox/fenceboard.h"
#include "testprogram.h"

namespace omloxfences_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

Moment at(std::chrono::milliseconds time) { return {fromMilliseconds(1'000'000 + time.count()), time}; }

QString textOf(const QList<FenceBoard::Crossing> &crossings) {
  QStringList texts;
  for (const auto &each : crossings) {
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(each.time - at(0ms).time).count();
    texts << QStringLiteral("%1%2 %3").arg(QLatin1Char(each.isEntry ? '+' : '-')).arg(each.fence).arg(since);
  }
  return texts.join(u' ');
}

FenceBoard::Fence fence(const char *id, double from, double to, PresenceRule rule = {}) {
  return {QString::fromLatin1(id), Region(Polygon{{from, 0}, {to, 0}, {to, 10}, {from, 10}}, {}), rule, {}};
}

}  // namespace

/// Who enters and leaves omlox fences, and when.
class OmloxFencesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void firstLocationInsideEnters();
  void toleranceAndItsTimeout();
  void exitDelayWaitsForAnotherLocation();
  void timeoutWithoutALocation();
  void endlessNeverLeaves();
  void theTrackablesOwnValuesCount();
  void onlyListedTags();
  void newFencesKeepWhoIsInside();
  void leaveEndsEverything();
  void whoIsLostLeaves();

 private:
  QString move(double x, std::chrono::milliseconds time, int tag = 0) {
    QList<FenceBoard::Crossing> crossings;
    m_board.move(tag, QStringLiteral("T%1").arg(tag), {x, 5, 0}, at(time), crossings);
    return textOf(crossings);
  }
  QString settle(std::chrono::milliseconds time) {
    QList<FenceBoard::Crossing> crossings;
    m_board.settle(time, crossings);
    return textOf(crossings);
  }
  FenceBoard m_board;
};

void OmloxFencesTest::firstLocationInsideEnters() {
  m_board = {};
  m_board.setFences({fence("a", 0, 10), fence("b", 5, 20)});
  QCOMPARE(move(7, 1s), QStringLiteral("+a 1000 +b 1000"));
  QCOMPARE(move(8, 2s), QString());
  QCOMPARE(m_board.fencesOf(0), (QStringList{QStringLiteral("a"), QStringLiteral("b")}));
  QCOMPARE(move(15, 3s), QStringLiteral("-a 3000"));
  QCOMPARE(m_board.tagsIn(QStringLiteral("a")), std::vector<int>());
  QCOMPARE(m_board.tagsIn(QStringLiteral("b")), std::vector<int>{0});
  QCOMPARE(m_board.nextDeadline(), endless);
}

void OmloxFencesTest::toleranceAndItsTimeout() {
  m_board = {};
  PresenceRule rule;
  rule.exitTolerance = 2;
  rule.toleranceTimeout = 5s;
  m_board.setFences({fence("a", 0, 10, rule)});
  QCOMPARE(move(5, 0s), QStringLiteral("+a 0"));
  QCOMPARE(move(11, 1s), QString());
  QCOMPARE(move(9, 2s), QString());
  QCOMPARE(move(12, 3s), QString());
  QCOMPARE(settle(7999ms), QString());
  QCOMPARE(m_board.nextDeadline(), std::chrono::nanoseconds(8s));
  QCOMPARE(settle(8s), QStringLiteral("-a 8000"));
  QCOMPARE(move(5, 9s), QStringLiteral("+a 9000"));
  QCOMPARE(move(12.5, 10s), QStringLiteral("-a 10000"));
}

void OmloxFencesTest::exitDelayWaitsForAnotherLocation() {
  m_board = {};
  PresenceRule rule;
  rule.exitDelay = 3s;
  m_board.setFences({fence("a", 0, 10, rule)});
  QCOMPARE(move(5, 0s), QStringLiteral("+a 0"));
  QCOMPARE(move(20, 1s), QString());
  QCOMPARE(move(5, 3s), QString());
  QCOMPARE(move(20, 5s), QString());
  QCOMPARE(settle(8s), QStringLiteral("-a 8000"));
}

void OmloxFencesTest::timeoutWithoutALocation() {
  m_board = {};
  PresenceRule rule;
  rule.timeout = 10s;
  m_board.setFences({fence("a", 0, 10, rule)});
  QCOMPARE(move(5, 0s), QStringLiteral("+a 0"));
  QCOMPARE(move(5, 6s), QString());
  QCOMPARE(settle(15s), QString());
  QCOMPARE(settle(16s), QStringLiteral("-a 16000"));
}

void OmloxFencesTest::endlessNeverLeaves() {
  m_board = {};
  m_board.setFences({fence("a", 0, 10)});
  QCOMPARE(move(5, 0s), QStringLiteral("+a 0"));
  QCOMPARE(settle(std::chrono::hours(10'000)), QString());
  QCOMPARE(m_board.fencesOf(0), QStringList{QStringLiteral("a")});
}

void OmloxFencesTest::theTrackablesOwnValuesCount() {
  m_board = {};
  PresenceRule rule;
  rule.timeout = 10s;
  m_board.setFences({fence("a", 0, 10, rule)});
  FenceWish wish;
  wish.timeout = 2s;
  wish.exitTolerance = 5;
  m_board.setWish(1, wish);
  QCOMPARE(move(5, 0s, 0) + move(5, 0s, 1), QStringLiteral("+a 0+a 0"));
  QCOMPARE(move(14, 1s, 0), QStringLiteral("-a 1000"));
  QCOMPARE(move(14, 1s, 1), QString());
  QCOMPARE(settle(3s), QStringLiteral("-a 3000"));
}

void OmloxFencesTest::onlyListedTags() {
  m_board = {};
  auto listed = fence("a", 0, 10);
  listed.tags = {QStringLiteral("T1")};
  m_board.setFences({listed});
  QCOMPARE(move(5, 0s, 0), QString());
  QCOMPARE(move(5, 0s, 1), QStringLiteral("+a 0"));
}

void OmloxFencesTest::newFencesKeepWhoIsInside() {
  m_board = {};
  PresenceRule rule;
  rule.timeout = 10s;
  m_board.setFences({fence("a", 0, 10, rule), fence("b", 0, 10, rule)});
  QCOMPARE(move(5, 0s), QStringLiteral("+a 0 +b 0"));
  m_board.setFences({fence("c", 0, 10, rule), fence("b", 0, 10, rule)});
  QCOMPARE(m_board.fencesOf(0), QStringList{QStringLiteral("b")});
  QCOMPARE(move(6, 1s), QStringLiteral("+c 1000"));
  QCOMPARE(settle(11s), QStringLiteral("-c 11000 -b 11000"));
}

void OmloxFencesTest::leaveEndsEverything() {
  m_board = {};
  m_board.setFences({fence("a", 0, 10), fence("b", 0, 10)});
  move(5, 0s);
  QList<FenceBoard::Crossing> crossings;
  m_board.leave(0, at(4s).time, crossings);
  QCOMPARE(textOf(crossings), QStringLiteral("-a 4000 -b 4000"));
  QVERIFY(m_board.fencesOf(0).isEmpty());
  QCOMPARE(crossings[0].entered, at(0s).time);
}

/// Not the fences of clients, and not against its own wishes: there the time counts.
void OmloxFencesTest::whoIsLostLeaves() {
  m_board = {};
  PresenceRule rule;
  rule.timeout = 60s;
  auto ofClient = fence("b", 0, 10, rule);
  ofClient.isOfClient = true;
  m_board.setFences({fence("a", 0, 10), ofClient});
  FenceWish wish;
  wish.timeout = 50s;
  m_board.setWish(1, wish);
  QCOMPARE(move(5, 0s, 0) + move(5, 0s, 1), QStringLiteral("+a 0 +b 0+a 0 +b 0"));
  QList<FenceBoard::Crossing> crossings;
  for (int tag = 0; tag < 3; ++tag) m_board.lose(tag, at(30s).time, crossings);
  QCOMPARE(textOf(crossings), QStringLiteral("-a 30000"));
  QCOMPARE(crossings[0].tag, 0);
  QCOMPARE(settle(60s), QStringLiteral("-a 50000 -b 50000 -b 60000"));
}

TAGWIRE_TEST(OmloxFencesTest)

}  // namespace omloxfences_test

#include "omloxfences_test.moc"
