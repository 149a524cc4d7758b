// SPDX-License-Identifier: Apache-2.0
#include "proximityboard.h"

#include <QtTest>
#include <random>
#include <set>

#include "makemodel.h"
#include "testprogram.h"

namespace proximityboard_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

using Phase = Collision::Phase;

/// P1 to P3 are persons, V1 and V2 vehicles, X has no class.
enum Tag { P1, V1, P2, V2, P3, X };
Model modelWith(const QByteArray &rules) {
  return *makeModel(R"({"managers": ["M"], "zones": [
    {"id": 1, "name": "Hall", "polygon": [[0,0],[100,0],[100,100],[0,100]]},
    {"id": 2, "name": "Bay", "parent": 1, "polygon": [[0,0],[50,0],[50,100],[0,100]]}],
    "tags": [{"id": "P1", "class": "person"}, {"id": "V1", "class": "vehicle"}, {"id": "P2", "class": "person"},
             {"id": "V2", "class": "vehicle"}, {"id": "P3", "class": "person"}, {"id": "X"}],
    "proximity": [)" +
                    rules + "]}");
}

/// Moves tags and writes down what is told: "start V1-P1 2".
struct Yard {
  explicit Yard(const QByteArray &rules) : model(modelWith(rules)), crowd(model), board(model.proximity, crowd) {
    for (const TagInfo &tag : model.tags) {
      crowd.addTag(tag.tagClass);
      board.addTag();
    }
  }
  QString move(int tag, double x, double y, double z = 0, int zone = 0) {
    crowd.move(tag, Position{x, y, z, std::make_shared<Fix>()}, zone);
    QList<Collision> told;
    board.moved(tag, now(), told);
    return text(told);
  }
  QString lose(int tag) {
    crowd.remove(tag);
    QList<Collision> told;
    board.lost(tag, now().time, told);
    return text(told);
  }
  /// So many more persons, all at 0, 0; how many pairs were told.
  qsizetype crowdOf(int persons) {
    qsizetype starts = 0;
    for (int i = 0; i < persons; ++i) {
      crowd.addTag(QStringLiteral("person"));
      board.addTag();
      starts += push(X + 1 + i);
    }
    return starts;
  }
  qsizetype push(int tag) {
    crowd.move(tag, Position{0, 0, 0, {}}, 0);
    QList<Collision> told;
    board.moved(tag, now(), told);
    return told.size();
  }
  qsizetype drop(int tag) {
    crowd.remove(tag);
    QList<Collision> told;
    board.lost(tag, now().time, told);
    return told.size();
  }
  Moment now() const { return {Time() + elapsed, elapsed}; }
  QString text(const QList<Collision> &told) const {
    static const QStringList phases{QStringLiteral("start"), QStringLiteral("ongoing"), QStringLiteral("end")};
    QStringList lines;
    for (const Collision &each : told) {
      lines << QStringLiteral("%1 %2-%3 %4%5")
                   .arg(phases.at(static_cast<int>(each.phase)), model.tags.at(each.tagA).id,
                        model.tags.at(each.tagB).id)
                   .arg(each.distance)
                   .arg(each.reason.isEmpty() ? QString() : u' ' + each.reason);
    }
    return lines.join(QStringLiteral("; "));
  }

  Model model;
  Crowd crowd;
  ProximityBoard board;
  std::chrono::nanoseconds elapsed{1h};
};

}  // namespace

class ProximityBoardTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void beginsAndEnds();
  void withinAClass();
  void toleranceKeepsJitterQuiet();
  void ongoingAtARate();
  void aLostTagEndsItsCollisions();
  void bothMustBeInTheZone();
  void heights();
  void severalRules();
  void aRestartRaisesNothing();
  void aCrowdKeepsNoOtherRuleSilent();
  void aCrowdIsCountedOnce();
  void theSearchEndsWhenItsVisitorSaysSo();
  void agreesWithALookAtEveryPair_data();
  void agreesWithALookAtEveryPair();
};

void ProximityBoardTest::beginsAndEnds() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5})");
  QCOMPARE(yard.move(P1, 0, 0), QString());
  QCOMPARE(yard.move(V1, 6, 0), QString());
  QCOMPARE(yard.move(X, 0, 0), QString());
  QCOMPARE(yard.move(P2, 0, 0), QString());  // two persons may
  QCOMPARE(yard.move(V1, 5, 0), QStringLiteral("start V1-P1 5; start V1-P2 5"));
  QCOMPARE(yard.move(P1, 1, 0), QString());
  QCOMPARE(yard.move(P1, -0.5, 0), QStringLiteral("end V1-P1 5.5"));
  QCOMPARE(yard.move(V1, 100, 100), QStringLiteral("end V1-P2 %1").arg(std::hypot(100, 100)));
}

void ProximityBoardTest::withinAClass() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle"], "distance": 5})");
  QCOMPARE(yard.move(V2, 0, 0), QString());
  QCOMPARE(yard.move(P1, 0, 0), QString());
  QCOMPARE(yard.move(V1, 3, 4), QStringLiteral("start V1-V2 5"));
  QCOMPARE(yard.move(V2, -1, 0), QStringLiteral("end V1-V2 %1").arg(std::hypot(4, 4)));
}

void ProximityBoardTest::toleranceKeepsJitterQuiet() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5, "exit_tolerance": 1})");
  yard.move(V1, 0, 0);
  QCOMPARE(yard.move(P1, 5.5, 0), QString());
  QCOMPARE(yard.move(P1, 4.9, 0), QStringLiteral("start V1-P1 4.9"));
  for (const double x : {5.5, 4.9, 6.0, 4.0, 5.9}) QCOMPARE(yard.move(P1, x, 0), QString());
  QCOMPARE(yard.move(P1, 6.25, 0), QStringLiteral("end V1-P1 6.25"));
}

void ProximityBoardTest::ongoingAtARate() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5, "ongoing_ms": 1000})");
  yard.move(V1, 0, 0);
  QCOMPARE(yard.move(P1, 1, 0), QStringLiteral("start V1-P1 1"));
  yard.elapsed += 999ms;
  QCOMPARE(yard.move(P1, 2, 0), QString());
  yard.elapsed += 1ms;
  QCOMPARE(yard.move(V1, 0, 0), QStringLiteral("ongoing V1-P1 2"));
  QCOMPARE(yard.move(P1, 3, 0), QString());
  yard.elapsed += 5s;
  QCOMPARE(yard.move(P1, 3, 0), QStringLiteral("ongoing V1-P1 3"));
}

void ProximityBoardTest::aLostTagEndsItsCollisions() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5})");
  yard.move(V1, 0, 0);
  yard.move(P1, 1, 0);
  yard.move(P2, 2, 0);
  QCOMPARE(yard.lose(V1), QStringLiteral("end V1-P1 1 timeout; end V1-P2 2 timeout"));
  QCOMPARE(yard.move(P1, 0, 0), QString());
  QCOMPARE(yard.move(V1, 0, 0), QStringLiteral("start V1-P1 0; start V1-P2 2"));
}

void ProximityBoardTest::bothMustBeInTheZone() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5, "zone": 2})");
  yard.move(V1, 49, 0, 0, 1);
  QCOMPARE(yard.move(P1, 51, 0, 0, 0), QString());
  QCOMPARE(yard.move(P1, 50, 0, 0, 1), QStringLiteral("start V1-P1 1"));
  QCOMPARE(yard.move(V1, 51, 0, 0, 0), QStringLiteral("end V1-P1 1"));
  QCOMPARE(yard.move(P1, 50, 0, 0, -1), QString());
  Yard above(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5, "zone": 1})");
  above.move(V1, 49, 0, 0, 1);
  QCOMPARE(above.move(P1, 51, 0, 0, 0), QStringLiteral("start V1-P1 2"));
}

void ProximityBoardTest::heights() {
  Yard space(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5})");
  space.move(V1, 0, 0, 0);
  QCOMPARE(space.move(P1, 3, 0, 4.5), QString());
  QCOMPARE(space.move(P1, 3, 0, 4), QStringLiteral("start V1-P1 5"));
  Yard plan(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5, "z_distance": 2})");
  plan.move(V1, 0, 0, 0);
  QCOMPARE(plan.move(P1, 0, 0, 3), QString());
  QCOMPARE(plan.move(P1, 5, 0, 2), QStringLiteral("start V1-P1 5"));
  QCOMPARE(plan.move(P1, 5, 0, 2.5), QStringLiteral("end V1-P1 5"));
}

void ProximityBoardTest::severalRules() {
  Yard yard(R"({"id": 1, "name": "warn", "between": ["vehicle", "person"], "distance": 5},
               {"id": 2, "name": "stop", "between": ["person", "vehicle"], "distance": 2})");
  yard.move(V1, 0, 0);
  QCOMPARE(yard.move(P1, 4, 0), QStringLiteral("start V1-P1 4"));
  QCOMPARE(yard.move(P1, 2, 0), QStringLiteral("start P1-V1 2"));
  QCOMPARE(yard.move(P1, 3, 0), QStringLiteral("end P1-V1 3"));
}

void ProximityBoardTest::aRestartRaisesNothing() {
  Yard yard(R"({"id": 1, "name": "r", "between": ["vehicle", "person"], "distance": 5})");
  yard.crowd.move(V1, Position{0, 0, 0, {}}, 0);
  yard.crowd.move(P1, Position{1, 0, 0, {}}, 0);
  for (const int tag : {P1, V1, P2, V2, P3, X}) yard.board.restored(tag, yard.now());
  QCOMPARE(yard.move(P1, 2, 0), QString());
  QCOMPARE(yard.move(P1, 9, 0), QStringLiteral("end V1-P1 9"));
}

void ProximityBoardTest::aCrowdKeepsNoOtherRuleSilent() {
  Yard yard(R"({"id": 1, "name": "apart", "between": ["person"], "distance": 2},
               {"id": 2, "name": "stop", "between": ["vehicle", "person"], "distance": 5})");
  QCOMPARE(yard.crowdOf(2'500), ProximityBoard::mostPairs / 2);  // all that the rule may have
  QCOMPARE(yard.push(V1), ProximityBoard::mostOfTag);
  QCOMPARE(yard.push(V2), ProximityBoard::mostOfTag);
  // Elsewhere two persons come too near: there is room again when somebody leaves.
  QCOMPARE(yard.move(P1, 90, 90), QString());
  QCOMPARE(yard.move(P2, 90, 91), QString());
  QVERIFY(yard.drop(X + 1) >= ProximityBoard::mostOfTag);
  QCOMPARE(yard.move(P2, 90, 91), QStringLiteral("start P1-P2 1"));
}

void ProximityBoardTest::aCrowdIsCountedOnce() {
  Yard yard(R"({"id": 1, "name": "apart", "between": ["person"], "distance": 2})");
  constexpr int clique = ProximityBoard::mostOfTag + 1;  // those after them begin the next
  constexpr int persons = 3 * clique;
  QCOMPARE(yard.crowdOf(persons), 3 * clique * (clique - 1) / 2);
  const quint64 refused = yard.board.refused();
  QCOMPARE(refused, quint64(persons - clique));
  for (int tag = X + 1; tag < X + 1 + clique; ++tag) QCOMPARE(yard.push(tag), 0);
  QCOMPARE(yard.board.refused(), quint64(persons));
  for (int round = 0; round < 3; ++round) {
    for (int tag = X + 1; tag < X + 1 + persons; ++tag) QCOMPARE(yard.push(tag), 0);
  }
  QCOMPARE(yard.board.refused(), quint64(persons));
  // Who had room in between counts again.
  QCOMPARE(yard.drop(X + 1), ProximityBoard::mostOfTag);
  QCOMPARE(yard.push(X + 1), ProximityBoard::mostOfTag);
  QCOMPARE(yard.board.refused(), quint64(persons + 1));
}

void ProximityBoardTest::theSearchEndsWhenItsVisitorSaysSo() {
  Yard yard(R"({"id": 1, "name": "apart", "between": ["person"], "distance": 2})");
  yard.crowdOf(50);
  int seen = 0;
  const auto three = [&](int) { return ++seen < 3; };
  yard.crowd.near(yard.crowd.classOf(QStringLiteral("person")), Position{0, 0, 0, {}}, 2, three);
  QCOMPARE(seen, 3);
  yard.crowd.near(yard.crowd.classOf(QStringLiteral("person")), Position{0, 0, 0, {}}, 2000, three);
  QCOMPARE(seen, 4);
}

void ProximityBoardTest::agreesWithALookAtEveryPair_data() {
  QTest::addColumn<double>("tolerance");
  QTest::newRow("none") << 0.0;
  QTest::newRow("some") << 1.5;
}

/// After each step the collisions under way are those that a look at every pair finds.
void ProximityBoardTest::agreesWithALookAtEveryPair() {
  QFETCH(double, tolerance);
  Yard yard(
      "{\"id\": 1, \"name\": \"r\", \"between\": [\"person\", \"vehicle\"], \"distance\": 6, \"exit_tolerance\": " +
      QByteArray::number(tolerance) +
      "}, {\"id\": 2, \"name\": \"s\", \"between\": [\"person\"], \"distance\": 3, \"exit_tolerance\": " +
      QByteArray::number(tolerance) + "}");
  const QStringList classes{QStringLiteral("person"), QStringLiteral("vehicle")};
  for (int tag = 6; tag < 60; ++tag) {
    yard.crowd.addTag(classes.at(tag % 2));
    yard.board.addTag();
  }
  std::mt19937 random(7);
  std::uniform_real_distribution<double> step(-3, 3), anywhere(-15, 15);
  std::vector<Vertex> at(60);
  for (Vertex &each : at) each = {anywhere(random), anywhere(random)};
  std::set<std::tuple<int, int, int>> told, expected;
  std::vector<bool> here(60);
  int starts = 0;
  for (int round = 0; round < 6000; ++round) {
    const int tag = static_cast<int>(random() % 60);
    QList<Collision> collisions;
    here[static_cast<size_t>(tag)] = random() % 20 != 0;
    Vertex &mine = at[static_cast<size_t>(tag)];
    mine = {std::clamp(mine.x + step(random), -15.0, 15.0), std::clamp(mine.y + step(random), -15.0, 15.0)};
    if (here[static_cast<size_t>(tag)]) {
      yard.crowd.move(tag, Position{mine.x, mine.y, 0, {}}, 0);
      yard.board.moved(tag, yard.now(), collisions);
    } else if (yard.crowd.member(tag).ofClass >= 0) {
      yard.crowd.remove(tag);
      yard.board.lost(tag, yard.now().time, collisions);
    }
    for (const Collision &each : collisions) {
      const std::tuple key(each.rule, each.tagA, each.tagB);
      if (each.phase == Phase::Start) {
        QVERIFY(told.insert(key).second);
        ++starts;
      } else {
        QVERIFY(told.erase(key) == 1);
      }
    }
    for (int other = 0; other < 60; ++other) {
      const int mineClass = yard.crowd.member(tag).ofClass, itsClass = yard.crowd.member(other).ofClass;
      if (other == tag || mineClass < 0 || itsClass < 0) continue;
      const int person = yard.crowd.classOf(QStringLiteral("person"));
      const int rule = mineClass != itsClass ? 0 : mineClass == person ? 1 : -1;
      if (rule < 0) continue;
      const bool mineFirst = rule == 0 ? mineClass == person : tag < other;
      const std::tuple key(rule, mineFirst ? tag : other, mineFirst ? other : tag);
      const double limit = (rule == 0 ? 6 : 3) + (expected.contains(key) ? tolerance : 0);
      const Vertex &its = at[static_cast<size_t>(other)];
      const bool isNear = here[static_cast<size_t>(tag)] && here[static_cast<size_t>(other)] &&
                          std::hypot(mine.x - its.x, mine.y - its.y) <= limit;
      isNear ? (void)expected.insert(key) : (void)expected.erase(key);
    }
    QVERIFY2(told == expected, qPrintable(QString::number(round)));
  }
  QVERIFY(starts > 500);
}

TAGWIRE_TEST(ProximityBoardTest)

}  // namespace proximityboard_test

#include "proximityboard_test.moc"
