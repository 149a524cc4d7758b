// SPDX-License-Identifier: Apache-2.0
#include "escortboard.h"

#include <QtTest>

#include "makemodel.h"
#include "testprogram.h"

namespace escortboard_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

/// G1 and G2 are guards, V1 and V2 visitors.
Model modelWith(const QByteArray &rule) {
  return *makeModel(R"({"managers": ["M"], "zones": [
    {"id": 1, "name": "Lab", "polygon": [[0,0],[100,0],[100,100],[0,100]]}],
    "tags": [{"id": "V1", "class": "visitor"}, {"id": "G1", "class": "guard"}, {"id": "V2", "class": "visitor"},
             {"id": "G2", "class": "guard"}],
    "unaccompanied": [{"id": 1, "name": "u", )" +
                    rule + "}]}");
}

const QByteArray simple = R"("class": "visitor", "needs": "guard", "distance": 5)";

/// Moves tags second by second and writes down what is told: "start V1 @2s (since 1s)".
struct Yard {
  explicit Yard(const QByteArray &rule) : model(modelWith(rule)), crowd(model), board(model.escorts, crowd) {
    for (const TagInfo &tag : model.tags) {
      crowd.addTag(tag.tagClass);
      board.addTag();
    }
  }
  QString move(int tag, double x, double y, int zone = 0) {
    const Crowd::Member &member = crowd.member(tag);
    const auto before = member.isHere ? std::optional(member.position) : std::nullopt;
    crowd.move(tag, Position{x, y, 0, std::make_shared<Fix>()}, zone);
    QList<Unaccompanied> told;
    board.moved(tag, before, now(), told);
    return text(told);
  }
  QString lose(int tag) {
    crowd.remove(tag);
    QList<Unaccompanied> told;
    board.lost(tag, now(), told);
    return text(told);
  }
  QString wait(std::chrono::nanoseconds time) {
    elapsed += time;
    QList<Unaccompanied> told;
    board.settle(elapsed, told);
    return text(told);
  }
  Moment now() const { return {Time() + elapsed, elapsed}; }
  QString text(const QList<Unaccompanied> &told) const {
    const auto seconds = [](Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); };
    QStringList lines;
    for (const Unaccompanied &each : told) {
      lines << QStringLiteral("%1 %2 @%3s (since %4s)%5")
                   .arg(each.phase == Unaccompanied::Phase::Start ? QStringLiteral("start") : QStringLiteral("end"),
                        model.tags.at(each.tag).id)
                   .arg(seconds(each.time))
                   .arg(seconds(each.start))
                   .arg(each.reason.isEmpty() ? QString() : u' ' + each.reason);
    }
    return lines.join(QStringLiteral("; "));
  }

  Model model;
  Crowd crowd;
  EscortBoard board;
  std::chrono::nanoseconds elapsed{0};
};

enum Tag { V1, G1, V2, G2 };

}  // namespace

class EscortBoardTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aloneAndAccompaniedAgain();
  void theDelayRunsByTheClock();
  void onlyWhoMoves();
  void onlyInTheZone();
  void lostTags();
  void twoOfOneClass();
  void aRestartRaisesNothing();
};

void EscortBoardTest::aloneAndAccompaniedAgain() {
  Yard yard(simple);
  QCOMPARE(yard.move(G1, 0, 0), QString());
  QCOMPARE(yard.move(V1, 3, 4), QString());
  QCOMPARE(yard.move(V2, 0, 0), QString());
  yard.elapsed += 1s;
  QCOMPARE(yard.move(G1, -1, 0), QStringLiteral("start V1 @1s (since 1s)"));
  yard.elapsed += 1s;
  QCOMPARE(yard.move(V1, 9, 9), QString());
  QCOMPARE(yard.move(G2, 9, 9), QStringLiteral("end V1 @2s (since 1s)"));
  QCOMPARE(yard.move(G1, 9, 9), QStringLiteral("start V2 @2s (since 2s)"));
  QCOMPARE(yard.move(G2, 50, 50), QString());  // G1 is still with V1
}

void EscortBoardTest::theDelayRunsByTheClock() {
  Yard yard(simple + R"(, "delay_ms": 10000)");
  QCOMPARE(yard.move(V1, 0, 0), QString());
  QCOMPARE(yard.board.nextDeadline(), std::chrono::nanoseconds(10s));
  QCOMPARE(yard.wait(9s), QString());
  yard.move(G1, 0, 0);
  QCOMPARE(yard.board.nextDeadline(), endless);
  QCOMPARE(yard.wait(9s), QString());
  yard.move(G1, 50, 0);
  QCOMPARE(yard.wait(9s), QString());
  QCOMPARE(yard.move(V1, 1, 1), QString());
  QCOMPARE(yard.wait(5s), QStringLiteral("start V1 @28s (since 18s)"));
  QCOMPARE(yard.board.nextDeadline(), endless);
}

void EscortBoardTest::onlyWhoMoves() {
  Yard yard(simple + R"(, "delay_ms": 10000, "move": 3)");
  QCOMPARE(yard.move(V1, 0, 0), QString());
  QCOMPARE(yard.wait(20s), QString());
  QCOMPARE(yard.move(V1, 2, 2), QString());
  QCOMPARE(yard.move(V1, 3, 0), QStringLiteral("start V1 @20s (since 0s)"));
  Yard early(simple + R"(, "delay_ms": 10000, "move": 3)");
  early.move(V1, 0, 0);
  early.move(V1, 3, 0);
  early.move(V1, 0, 0);
  QCOMPARE(early.wait(10s), QStringLiteral("start V1 @10s (since 0s)"));
}

void EscortBoardTest::onlyInTheZone() {
  Yard yard(simple + R"(, "zone": 1)");
  QCOMPARE(yard.move(V1, 500, 0, -1), QString());
  QCOMPARE(yard.move(V1, 50, 0, 0), QStringLiteral("start V1 @0s (since 0s)"));
  yard.elapsed += 1s;
  QCOMPARE(yard.move(V1, 500, 0, -1), QStringLiteral("end V1 @1s (since 0s)"));
}

void EscortBoardTest::lostTags() {
  Yard yard(simple);
  yard.move(G1, 0, 0);
  yard.move(V1, 0, 0);
  QCOMPARE(yard.lose(G1), QStringLiteral("start V1 @0s (since 0s)"));
  QCOMPARE(yard.lose(V1), QStringLiteral("end V1 @0s (since 0s) timeout"));
  QCOMPARE(yard.move(G1, 0, 0), QString());
  QCOMPARE(yard.move(V1, 0, 0), QString());
}

/// Nobody is to work alone: each is the other's companion.
void EscortBoardTest::twoOfOneClass() {
  Yard yard(R"("class": "visitor", "needs": "visitor", "distance": 5)");
  QCOMPARE(yard.move(V1, 0, 0), QStringLiteral("start V1 @0s (since 0s)"));
  QCOMPARE(yard.move(V2, 1, 0), QStringLiteral("end V1 @0s (since 0s)"));
  QCOMPARE(yard.move(V2, 9, 0), QStringLiteral("start V1 @0s (since 0s); start V2 @0s (since 0s)"));
}

void EscortBoardTest::aRestartRaisesNothing() {
  Yard yard(simple + R"(, "delay_ms": 10000)");
  yard.elapsed = 5s;
  yard.crowd.move(V1, Position{0, 0, 0, {}}, 0);
  yard.board.restored(V1, yard.now());
  QCOMPARE(yard.wait(1s), QString());
  QCOMPARE(yard.move(V1, 1, 0), QString());
  QCOMPARE(yard.wait(10s), QStringLiteral("start V1 @15s (since 5s)"));
}

TAGWIRE_TEST(EscortBoardTest)

}  // namespace escortboard_test

#include "escortboard_test.moc"
