// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <QtTest>

#include "makemodel.h"
#include "testprogram.h"

namespace model_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// The configuration: what is refused, where, and what the message says.
class ModelTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void manifestExample();
  void refusals_data();
  void refusals();
  void everyProblemIsReported();
  void zoneOutsideItsParentIsAWarning();
  void R1_21_closedPolygonsAreTaken();
  void R1_26_tree();
  void tagIds_data();
  void tagIds();
};

namespace {
constexpr const char *zone =
    R"({"id":417,"name":"Hall","level":"building","polygon":[[0,0],[100,0],[100,60],[0,60]],"z":[0,20]})";
}

void ModelTest::manifestExample() {
  QString problems;
  const auto model = makeModel(QByteArray(R"({"managers":["Manager1",{"name":"M2","host":"10.0.0.1","port":8001}],
      "length_unit":"ft","zones":[)") +
                                   zone + R"(],
      "tags":[{"id":"SIM1","name":"Employee Badge 1"},{"id":"FORK1","name":"Forklift 1"}],
      "triggers":[
        {"id":123,"name":"Entry Gate","zone":417,"direction":"OnEnter","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
        {"id":124,"name":"Near forklift","zone":417,"direction":"OnEnter","portable":{"tag":"FORK1","radius":3,"z":[0,10]}},
        {"id":125,"name":"Pillar","zone":417,"direction":"OnExit","tags":["SIM1"],
         "regions":[{"circle":{"center":[50,30],"radius":5},"z":[0,3]}]}]})",
                               &problems);
  QCOMPARE(problems, QString());
  QVERIFY(model);
  QCOMPARE(model->lengthUnit, QStringLiteral("ft"));
  const ZoneDirectory directory = model->directory();
  QCOMPARE(directory.managers.size(), 2);
  QCOMPARE(directory.managers.at(0).name, QStringLiteral("Manager1"));
  QCOMPARE(directory.managers.at(1).port, 8001);
  QCOMPARE(directory.zones.at(0).level, QStringLiteral("building"));
  QCOMPARE(directory.tags.at(1).name, QStringLiteral("Forklift 1"));
  QCOMPARE(directory.triggers.size(), 3);
  QVERIFY(directory.triggers.at(1).isPortable && !directory.triggers.at(0).isPortable);
  QCOMPARE(directory.triggers.at(2).direction, QStringLiteral("OnExit"));
  // A region that says nothing of heights has its zone's.
  QCOMPARE(model->triggers.at(0).regions.at(0).heights(), (Heights{0, 20}));
  QCOMPARE(model->triggers.at(2).regions.at(0).heights(), (Heights{0, 3}));
}

void ModelTest::refusals_data() {
  QTest::addColumn<QByteArray>("json");
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("message");
  const auto row = [](const char *name, const QByteArray &json, const char *path, const char *message) {
    QTest::newRow(name) << QByteArray(R"({"managers":["M"],)" + json + "}") << QString::fromLatin1(path)
                        << QString::fromUtf8(message);
  };
  const auto withZone = [](const char *rest) { return QByteArray(R"("zones":[)") + zone + "]," + rest; };
  const auto trigger = [&](const char *keys) {
    return withZone("") +
           R"("tags":[{"id":"SIM1"}],"triggers":[{"id":9,"name":"Gate","zone":417,"direction":"OnEnter",)" + keys +
           "}]";
  };
  row("two corners", R"("zones":[{"id":1,"name":"A","polygon":[[0,0],[1,1]]}])", "zones[0].polygon", "3");
  row("three numbers", R"("zones":[{"id":1,"name":"A","polygon":[[0,0],[1,1],[1,2,3]]}])", "zones[0].polygon[2]",
      "a corner is [x, y], not 3 numbers");
  row("crossing", R"("zones":[{"id":1,"name":"A","polygon":[[0,0],[10,10],[10,0],[0,10]]}])", "zones[0].polygon",
      "cross");
  row("too far", R"("zones":[{"id":1,"name":"A","polygon":[[0,0],[1e300,10],[10,0]]}])", "zones[0].polygon[1]", "1e9");
  row("heights", R"("zones":[{"id":1,"name":"A","polygon":[[0,0],[1,1],[1,0]],"z":[3,1]}])", "zones[0].z",
      "from 3 is over to 1");
  row("level", R"("zones":[{"id":1,"name":"A","level":"galaxy","polygon":[[0,0],[1,1],[1,0]]}])", "zones[0].level",
      "campus");
  row("zone twice", withZone("").chopped(2) + "," + zone + "]", "zones[1].id", "417 is taken by zones[0]");
  row("no parent", R"("zones":[{"id":1,"name":"A","parent":7,"polygon":[[0,0],[1,1],[1,0]]}])", "zones[0].parent",
      "no zone 7 (allowed: 1)");
  row("own parent", R"("zones":[{"id":1,"name":"A","parent":1,"polygon":[[0,0],[1,1],[1,0]]}])", "zones[0].parent",
      "zone \"A\" lies in itself");
  row("ring",
      R"("zones":[{"id":1,"name":"A","parent":2,"polygon":[[0,0],[1,1],[1,0]]},{"id":2,"name":"B","parent":1,"polygon":[[0,0],[1,1],[1,0]]}])",
      "zones[0].parent", "lies in itself");
  row("wider in narrower",
      R"("zones":[{"id":1,"name":"A","level":"room","polygon":[[0,0],[9,9],[9,0]]},{"id":2,"name":"B","level":"floor","parent":1,"polygon":[[0,0],[9,9],[9,0]]}])",
      "zones[1].level", "zone \"B\" (floor) can't lie in zone \"A\" (room)");
  row("tag twice", R"("tags":[{"id":"A"},{"id":"A"}])", "tags[1].id", "A is taken by tags[0]");
  row("tag id", R"("tags":[{"id":"A/B"}])", "tags[0].id", "may not hold");
  row("trigger twice",
      withZone(
          R"("triggers":[{"id":9,"name":"A","zone":417,"direction":"OnExit","regions":[{"circle":{"center":[5,5],"radius":1}}]},
      {"id":9,"name":"B","zone":417,"direction":"OnExit","regions":[{"circle":{"center":[5,5],"radius":1}}]}])"),
      "triggers[1].id", "9 is taken by triggers[0]");
  row("unknown zone",
      R"("triggers":[{"id":9,"name":"A","zone":7,"direction":"OnExit","regions":[{"circle":{"center":[5,5],"radius":1}}]}])",
      "triggers[0].zone", "no zone 7 (there are no zones)");
  row("outside its zone", trigger(R"("regions":[{"polygon":[[90,10],[110,10],[110,20]]}])"), "triggers[0].regions[0]",
      "trigger 9 \"Gate\" is not inside its zone 417 \"Hall\"");
  row("circle outside",
      trigger(R"("regions":[{"circle":{"center":[5,5],"radius":1}},{"circle":{"center":[5,5],"radius":6}}])"),
      "triggers[0].regions[1]", "trigger 9 \"Gate\" is not inside its zone 417 \"Hall\"");
  row("too high", trigger(R"("regions":[{"circle":{"center":[5,5],"radius":1},"z":[0,30]}])"),
      "triggers[0].regions[0].z", "its heights reach beyond");
  row("region without shape", trigger(R"("regions":[{"z":[0,1]}])"), "triggers[0].regions[0]",
      "either `polygon` or `circle`");
  row("region with both",
      trigger(R"("regions":[{"polygon":[[1,1],[2,1],[2,2]],"circle":{"center":[5,5],"radius":1}}])"),
      "triggers[0].regions[0]", "not both");
  row("no region", trigger(R"("tags":["SIM1"])"), "triggers[0]", "either `regions` or `portable`");
  row("both", trigger(R"("regions":[{"circle":{"center":[5,5],"radius":1}}],"portable":{"tag":"SIM1","radius":1})"),
      "triggers[0]", "not both");
  row("unknown carrier", trigger(R"("portable":{"tag":"SIM2","radius":1})"), "triggers[0].portable.tag",
      "unknown tag \"SIM2\", did you mean \"SIM1\"?");
  row("radius", trigger(R"("portable":{"tag":"SIM1","radius":0})"), "triggers[0].portable.radius", "0");
  row("unknown tag", trigger(R"("regions":[{"circle":{"center":[5,5],"radius":1}}],"tags":["SIM1","NOBODY"])"),
      "triggers[0].tags[1]", "unknown tag \"NOBODY\"");
  row("dwell with another direction", trigger(R"("portable":{"tag":"SIM1","radius":1},"dwell_ms":5)"),
      "triggers[0].dwell_ms", "means nothing with the direction OnEnter (allowed: with OnDwell)");
  row("interval with another direction", trigger(R"("portable":{"tag":"SIM1","radius":1},"while_interval_ms":5)"),
      "triggers[0].while_interval_ms", "means nothing with the direction OnEnter (allowed: with WhileIn, WhileOut)");
  row("tolerance", trigger(R"("portable":{"tag":"SIM1","radius":1},"exit_tolerance":-1)"), "triggers[0].exit_tolerance",
      "allowed: 0 to");
  row("delay", trigger(R"("portable":{"tag":"SIM1","radius":1},"exit_delay_ms":604800001)"),
      "triggers[0].exit_delay_ms", "allowed: 0 to 604800000");
  row("OnDwell without dwell",
      withZone(
          R"("triggers":[{"id":9,"name":"A","zone":417,"direction":"OnDwell","regions":[{"circle":{"center":[5,5],"radius":1}}]}])"),
      "triggers[0].dwell_ms", "is due with the direction OnDwell");
  row("direction",
      withZone(
          R"("triggers":[{"id":9,"name":"A","zone":417,"direction":"onEnter","regions":[{"circle":{"center":[5,5],"radius":1}}]}])"),
      "triggers[0].direction",
      "did you mean \"OnEnter\"? (allowed: OnEnter, OnExit, OnCross, WhileIn, WhileOut, OnDwell)");
  row("length unit", R"("length_unit":"yard")", "length_unit", "ft");
  row("unknown key", R"("zone":[])", "", "zone");
  row("simulate without zones", R"("tags":[{"id":"A"}],"simulate":{})", "simulate", "needs a zone");
  row("simulate without tags", withZone(R"("simulate":{})"), "simulate", "needs tags");
  row("simulate an unknown tag", withZone(R"("tags":[{"id":"A"}],"simulate":{"tags":["B"]})"), "simulate.tags[0]",
      "unknown tag \"B\"");
  row("too fast", withZone(R"("tags":[{"id":"A"}],"simulate":{"interval_ms":1})"), "simulate.interval_ms", "20");
}

void ModelTest::refusals() {
  QFETCH(QByteArray, json);
  QFETCH(QString, path);
  QFETCH(QString, message);
  QString problems;
  QVERIFY(!makeModel(json, &problems));
  QVERIFY2(problems.contains(path), qPrintable(problems));
  QVERIFY2(problems.contains(message), qPrintable(problems));
}

void ModelTest::everyProblemIsReported() {
  QString problems;
  QVERIFY(!makeModel(R"({"managers":["events","a b","M","M"],
      "zones":[{"id":1,"name":"A","polygon":[[0,0],[10,10],[10,0],[0,10]]}],
      "tags":[{"id":"A#"}],
      "triggers":[{"id":9,"name":"A","zone":2,"direction":"OnExit","portable":{"tag":"B","radius":1}}]})",
                     &problems));
  QCOMPARE(problems.count(u'\n'), 7);
  QVERIFY2(problems.contains(QLatin1String("managers[0].name: \"events\"")), qPrintable(problems));
  QVERIFY2(problems.contains(QLatin1String("managers[1].name: \"a b\" does not fit into a URL")), qPrintable(problems));
  QVERIFY2(problems.contains(QLatin1String("managers[3].name: M is taken by managers[2]")), qPrintable(problems));
}

void ModelTest::zoneOutsideItsParentIsAWarning() {
  QString problems;
  QVERIFY(makeModel(R"({"managers":["M"],"zones":[
      {"id":1,"name":"A","level":"floor","polygon":[[0,0],[10,0],[10,10]],"z":[0,5]},
      {"id":2,"name":"B","level":"room","parent":1,"polygon":[[0,0],[11,0],[10,10]]},
      {"id":3,"name":"C","level":"room","parent":1,"polygon":[[0,0],[10,0],[10,10]]},
      {"id":4,"name":"D","level":"room","parent":1,"polygon":[[0,0],[10,0],[10,10]],"z":[4,6]}]})",
                    &problems));
  QCOMPARE(problems.count(u'\n'), 2);
  QVERIFY2(problems.contains(QLatin1String("zone \"B\" is not wholly inside its parent \"A\"")), qPrintable(problems));
  QVERIFY2(problems.contains(QLatin1String("zone \"D\"")), qPrintable(problems));
}

void ModelTest::R1_21_closedPolygonsAreTaken() {
  const auto model =
      makeModel(R"({"managers":["M"],"zones":[{"id":1,"name":"A","polygon":[[0,0],[10,0],[10,10],[0,0]]}]})");
  QCOMPARE(std::get<Polygon>(model->zones.at(0).region.shape()).size(), size_t(3));
}

void ModelTest::R1_26_tree() {
  const auto model = makeModel(R"({"managers":["M"],"zones":[
      {"id":3,"name":"C","level":"room","parent":2,"polygon":[[0,0],[10,0],[10,10]]},
      {"id":2,"name":"B","level":"floor","parent":1,"polygon":[[0,0],[10,0],[10,10]]},
      {"id":1,"name":"A","level":"building","polygon":[[0,0],[10,0],[10,10]]}]})");
  QCOMPARE(model->zones.at(0).depth, 2);
  QCOMPARE(model->zones.at(1).depth, 1);
  QCOMPARE(model->zones.at(2).depth, 0);
  QCOMPARE(model->zones.at(0).parent, 1);
  QVERIFY(model->directory().isWithin(3, 1));
  QVERIFY(!model->directory().isWithin(1, 3));
}

void ModelTest::tagIds_data() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<bool>("good");
  for (const char *id : {"SIM1", "00:1b:c5:09:40:00", "a.b-c_d", "ÄÖ", "(7)"}) {
    QTest::newRow(id) << QString::fromUtf8(id) << true;
  }
  for (const char *id : {"", "a b", "a/b", "a*", "#", "a?", "a+b", "a\tb", "a\nb", "a\"b", "a\\b"}) {
    QTest::newRow(id) << QString::fromUtf8(id) << false;
  }
  QTest::newRow("NUL") << QString(QChar(0)) << false;
  QTest::newRow("half a surrogate pair") << QString(QChar(0xd800)) << false;
  QTest::newRow("64") << QString(64, u'x') << true;
  QTest::newRow("65") << QString(65, u'x') << false;
}

void ModelTest::tagIds() {
  QFETCH(QString, id);
  QFETCH(bool, good);
  QCOMPARE(wrongTagId(id).isEmpty(), good);
}

TAGWIRE_TEST(ModelTest)

}  // namespace model_test

#include "model_test.moc"
