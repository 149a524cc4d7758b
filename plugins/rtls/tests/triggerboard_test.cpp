// SPDX-License-Identifier: Apache-2.0
#include "triggerboard.h"

#include <QtTest>

#include "makemodel.h"
#include "testprogram.h"

namespace triggerboard_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Scripts of moves "tag@x,y[,z]" or "tag@lost"; the events of each step, joined by "+", or "-" for none. An event is
/// written "<trigger id>:<tag>" and ends in "!" when its reason is "timeout".
class TriggerBoardTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_20_enterAndExit_data();
  void R1_20_enterAndExit();
  void R1_21_regions_data();
  void R1_21_regions();
  void R1_22_portable_data();
  void R1_22_portable();
  void R1_23_limitedToTags_data();
  void R1_23_limitedToTags();
  void R1_25_lost_data();
  void R1_25_lost();
  void R1_9_eventIsFilledWhole();

 private:
  static void addScripts();
  static void playScript(const char *triggers);
};

namespace {

TriggerBoard makeBoard(const QByteArray &triggers) {
  const auto model = makeModel(R"({"managers":["M"],
      "zones":[{"id":417,"name":"Hall","polygon":[[0,0],[100,0],[100,60],[0,60]],"z":[0,20]}],
      "tags":[{"id":"A","name":"Anna"},{"id":"B"},{"id":"F","name":"Forklift"}],"triggers":[)" +
                               triggers + "]}");
  TriggerBoard board(model->triggers);
  for (const TagInfo &tag : model->tags) board.addTag(tag.id, tag.name);
  return board;
}

Place placeOf(const QString &text) {
  const QStringList parts = text.split(u',');
  return {parts.at(0).toDouble(), parts.at(1).toDouble(), parts.value(2, QStringLiteral("1")).toDouble()};
}

QString play(TriggerBoard &board, const QString &script) {
  QStringList steps;
  for (const QString &step : script.split(u' ', Qt::SkipEmptyParts)) {
    const int tag = static_cast<int>(QStringLiteral("ABFX").indexOf(step.section(u'@', 0, 0)));
    QList<RaisedEvent> events;
    if (step.endsWith(QLatin1String("lost"))) {
      board.lose(tag, Moment(), events);
    } else {
      board.move(tag, placeOf(step.section(u'@', 1)), Moment(), events);
    }
    QStringList words;
    for (const auto &[event, time] : events) {
      words << QStringLiteral("%1:%2%3")
                   .arg(event.triggerId)
                   .arg(event.tagId, event.reason.isEmpty() ? QString() : QStringLiteral("!"));
    }
    steps << (words.isEmpty() ? QStringLiteral("-") : words.join(u'+'));
  }
  return steps.join(u' ');
}

void row(const char *name, const char *script, const char *events) {
  QTest::newRow(name) << QString::fromLatin1(script) << QString::fromLatin1(events);
}

constexpr const char *gate =
    R"({"id":1,"name":"In","zone":417,"direction":"OnEnter","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
       {"id":2,"name":"Out","zone":417,"direction":"OnExit","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]})";
constexpr const char *regions =
    R"({"id":1,"name":"In","zone":417,"direction":"OnEnter","regions":[
         {"polygon":[[10,10],[20,10],[20,20],[10,20]]},{"polygon":[[20,10],[30,10],[30,20],[20,20]]},
         {"circle":{"center":[50,30],"radius":5},"z":[0,3]}]},
       {"id":2,"name":"Out","zone":417,"direction":"OnExit","regions":[
         {"polygon":[[10,10],[20,10],[20,20],[10,20]]},{"polygon":[[20,10],[30,10],[30,20],[20,20]]},
         {"circle":{"center":[50,30],"radius":5},"z":[0,3]}]})";
constexpr const char *portable =
    R"({"id":1,"name":"Near","zone":417,"direction":"OnEnter","portable":{"tag":"F","radius":3,"z":[0,10]}},
       {"id":2,"name":"Away","zone":417,"direction":"OnExit","portable":{"tag":"F","radius":3,"z":[0,10]}})";
constexpr const char *limited =
    R"({"id":1,"name":"In","zone":417,"direction":"OnEnter","tags":["A"],"regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
       {"id":2,"name":"Near","zone":417,"direction":"OnEnter","tags":["A","F"],"portable":{"tag":"F","radius":3}})";

}  // namespace

void TriggerBoardTest::addScripts() {
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("events");
}

void TriggerBoardTest::playScript(const char *triggers) {
  QFETCH(QString, script);
  QFETCH(QString, events);
  TriggerBoard board = makeBoard(triggers);
  QCOMPARE(play(board, script), events);
}

void TriggerBoardTest::R1_20_enterAndExit_data() {
  addScripts();
  row("in and out", "A@5,5 A@15,15 A@16,16 A@5,5", "- 1:A - 2:A");
  row("first sight inside raises nothing", "A@15,15 A@16,16", "- -");
  row("first sight inside, then out and in", "A@15,15 A@5,5 A@15,15", "- 2:A 1:A");
  row("first sight outside raises nothing", "A@5,5 A@6,6", "- -");
  row("through without a fix inside", "A@5,15 A@25,15", "- -");
  row("tags by themselves", "A@5,5 B@15,15 A@15,15 B@5,5", "- - 1:A 2:B");
  row("on the edge is inside", "A@5,5 A@10,15 A@9.99,15", "- 1:A 2:A");
  row("on the corner is inside", "A@5,5 A@20,20", "- 1:A");
}

void TriggerBoardTest::R1_20_enterAndExit() { playScript(gate); }

void TriggerBoardTest::R1_21_regions_data() {
  addScripts();
  row("second region", "A@5,5 A@25,15 A@5,5", "- 1:A 2:A");
  row("from one to the other", "A@5,5 A@15,15 A@25,15 A@35,15", "- 1:A - 2:A");
  row("from one to a distant other", "A@15,15 A@50,30", "- -");
  row("circle, rim", "A@40,30 A@45,30 A@44.99,30", "- 1:A 2:A");
  row("too high", "A@40,30 A@50,30,3.1 A@50,30,3", "- - 1:A");
  row("rises out", "A@40,30 A@50,30,3 A@50,30,4", "- 1:A 2:A");
  row("over the zone", "A@5,5 A@15,15,21 A@15,15,20", "- - 1:A");
}

void TriggerBoardTest::R1_21_regions() { playScript(regions); }

void TriggerBoardTest::R1_22_portable_data() {
  addScripts();
  row("tag comes", "F@50,30 A@40,30 A@48,30 A@40,30", "- - 1:A 2:A");
  row("carrier comes", "F@10,30 A@40,30 F@38,30 F@10,30", "- - 1:A 2:A");
  row("carrier comes to several", "F@10,30 A@40,30 B@41,30 F@40,30", "- - - 1:A+1:B");
  row("carrier never triggers itself", "F@10,30 F@50,30 F@10,30", "- - -");
  row("no carrier yet", "A@40,30 A@50,30", "- -");
  row("first sight of both inside", "A@40,30 F@41,30 A@30,30 A@40,30", "- - 2:A 1:A");
  row("rim", "F@50,30 A@40,30 A@47,30 A@46.99,30", "- - 1:A 2:A");
  row("both move together", "F@10,10 A@20,10 A@12,10 F@12,10 A@14,10 F@14,10", "- - 1:A - - -");
  row("too high", "F@50,30 A@40,30 A@50,30,11 A@50,30,10", "- - - 1:A");
  row("beyond the zone", "F@99,30 A@90,30 A@101,30 A@100,30", "- - - 1:A");
}

void TriggerBoardTest::R1_22_portable() { playScript(portable); }

void TriggerBoardTest::R1_23_limitedToTags_data() {
  addScripts();
  row("listed", "A@5,5 A@15,15", "- 1:A");
  row("not listed", "B@5,5 B@15,15 B@5,5", "- - -");
  row("portable", "F@50,30 A@40,30 B@40,30 A@50,30 B@50,30", "- - - 2:A -");
  row("carrier is listed", "F@10,30 F@50,30", "- -");
}

void TriggerBoardTest::R1_23_limitedToTags() { playScript(limited); }

void TriggerBoardTest::R1_25_lost_data() {
  addScripts();
  row("inside", "A@5,5 A@15,15 A@lost", "- 1:A 2:A!");
  row("outside", "A@5,5 A@lost", "- -");
  row("never seen", "A@lost A@15,15", "- -");
  row("back inside", "A@15,15 A@lost A@15,15 A@5,5", "- 2:A! 1:A 2:A");
  row("back outside", "A@15,15 A@lost A@5,5", "- 2:A! -");
  row("others stay", "A@15,15 B@15,15 A@lost B@5,5", "- - 2:A! 2:B");
}

void TriggerBoardTest::R1_25_lost() {
  playScript(gate);
  TriggerBoard board = makeBoard(portable);
  // What a lost carrier carried is nowhere: who was near it is not near it any more.
  QCOMPARE(play(board, QStringLiteral("F@50,30 A@40,30 A@50,30 B@50,31 F@lost A@40,30 F@40,30")),
           QStringLiteral("- - 1:A - 2:A!+2:B! - 1:A"));
}

void TriggerBoardTest::R1_9_eventIsFilledWhole() {
  TriggerBoard board = makeBoard(gate);
  QList<RaisedEvent> events;
  const Moment moment{fromMilliseconds(1'767'225'600'000), std::chrono::seconds(5)};
  board.move(0, {5, 5, 1}, Moment(), events);
  board.move(0, {15, 16, 2}, moment, events);
  QCOMPARE(events.size(), 1);
  QVERIFY(events.at(0).time == moment.time);
  const TriggerEvent &event = events.at(0).event;
  QCOMPARE(event.triggerId, 1);
  QCOMPARE(event.triggerName, QStringLiteral("In"));
  QCOMPARE(event.direction, QStringLiteral("OnEnter"));
  QCOMPARE(event.tagId, QStringLiteral("A"));
  QCOMPARE(event.tagName, QStringLiteral("Anna"));
  QCOMPARE(event.zoneId, 417);
  QCOMPARE(event.x, 15.0);
  QCOMPARE(event.y, 16.0);
  QCOMPARE(event.z, 2.0);
  QCOMPARE(event.reason, QString());
}

TAGWIRE_TEST(TriggerBoardTest)

}  // namespace triggerboard_test

#include "triggerboard_test.moc"
