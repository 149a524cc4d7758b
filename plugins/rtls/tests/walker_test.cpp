// SPDX-License-Identifier: Apache-2.0
#include "walker.h"

#include <QtTest>

#include <cmath>

#include "testprogram.h"
#include "tracker.h"

namespace walker_test {

using namespace tagwire;
using namespace tagwire::rtls;

class WalkerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sameSeedSameWays();
  void staysInside();
  void neverFasterThanItsSpeed();
  void fixesAreInOrder();
  void oneTagPerGroundInTurn();
};

namespace {

const Polygon hall{{0, 0}, {100, 0}, {100, 60}, {0, 60}};
const QStringList tags{QStringLiteral("SIM1"), QStringLiteral("SIM2"), QStringLiteral("SIM3")};

QList<Vertex> ways(quint32 seed) {
  Walker walker({{hall, 1}}, tags, 1.4, seed);
  QList<Vertex> all;
  for (int i = 0; i < 500; ++i) {
    const auto fixes = walker.step(0.5);
    for (const IncomingFix &fix : fixes) all << Vertex{fix.x, fix.y};
  }
  return all;
}

}  // namespace

void WalkerTest::sameSeedSameWays() {
  QVERIFY(ways(1) == ways(1));
  QVERIFY(ways(1) != ways(2));
}

void WalkerTest::staysInside() {
  const auto all = ways(3);
  Box seen{all.first(), all.first()};
  for (const Vertex &at : all) {
    QVERIFY(contains(hall, at));
    seen.lowest = {std::min(seen.lowest.x, at.x), std::min(seen.lowest.y, at.y)};
    seen.highest = {std::max(seen.highest.x, at.x), std::max(seen.highest.y, at.y)};
  }
  // It does walk about.
  QVERIFY(seen.highest.x - seen.lowest.x > 50 && seen.highest.y - seen.lowest.y > 30);
}

void WalkerTest::neverFasterThanItsSpeed() {
  const auto all = ways(4);
  int moved = 0;
  for (qsizetype i = tags.size(); i < all.size(); ++i) {
    const Vertex &before = all.at(i - tags.size());
    const double way = std::hypot(all.at(i).x - before.x, all.at(i).y - before.y);
    QVERIFY(way <= 1.4 * 0.5 + 1e-9);
    moved += way > 0;
  }
  QVERIFY(moved > all.size() / 2);
  QVERIFY(moved < all.size());
}

void WalkerTest::fixesAreInOrder() {
  Walker walker({{hall, 1}}, tags, 1.4, 1);
  SequenceGate gate;
  for (int i = 0; i < 1000; ++i) {
    const auto fixes = walker.step(0.5);
    QCOMPARE(fixes.size(), 3);
    const IncomingFix &fix = fixes.at(0);
    QCOMPARE(wrongFix(fix), QString());
    QCOMPARE(fix.fix.tag, QStringLiteral("SIM1"));
    QVERIFY(gate.pass(QStringLiteral("s"), fix.fix.sequence, {}));
    QCOMPARE(fix.z, 1.0);
  }
}

void WalkerTest::oneTagPerGroundInTurn() {
  const Polygon other{{200, 0}, {210, 0}, {210, 10}};
  Walker walker({{hall, 1}, {other, 5}}, tags, 1.4, 1);
  for (int i = 0; i < 100; ++i) {
    const auto fixes = walker.step(1);
    QVERIFY(fixes.at(0).x <= 100 && fixes.at(2).x <= 100);
    QVERIFY(fixes.at(1).x >= 200 && fixes.at(1).z == 5);
  }
}

TAGWIRE_TEST(WalkerTest)

}  // namespace walker_test

#include "walker_test.moc"
