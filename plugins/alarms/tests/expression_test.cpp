// SPDX-License-Identifier: Apache-2.0
#include "expression.h"

#include <QJsonDocument>
#include <QRandomGenerator>
#include <QtTest>

#include "testing/testcontext.h"
#include "testprogram.h"

namespace expression_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

/// A document that holds nothing but one expression.
struct Holder {
  static void describe(Shape<Holder> &shape) { shape.required("when", &Holder::when, "the condition"); }

  Expression when;
};

QByteArray leaf(const QByteArray &point) {
  return QByteArray("{\"point\":\"p/") + point + "\",\"comparison\":\"equals\",\"value\":1}";
}

}  // namespace

/// Conditions over several points. Of inputs and outcomes, 1 is true, 0 false, u (or ?) unknown.
class ExpressionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_threeValuedLogic_data();
  void R3_10_threeValuedLogic();
  void R3_10_randomTrees();
  void R3_10_conditions_data();
  void R3_10_conditions();
  void R3_14_badIsUnknown();
  void R3_10_dueTimes();
  void notBegunIsUnknown();
  void pointsAreEachOnce();
  void problemsAtTheirPlaces_data();
  void problemsAtTheirPlaces();
  void limits();
  void everyPointIsAReference();
  void writtenReadsToTheSame_data();
  void writtenReadsToTheSame();

 private:
  static std::optional<Expression> read(const QByteArray &when, QString *errors = nullptr);
  static Expression expression(const QByteArray &when);
  static void give(const Expression &expression, ExpressionState &state, const char *point, const Value &value,
                   const Moment &moment = Moment(), Quality quality = Quality());
};

std::optional<Expression> ExpressionTest::read(const QByteArray &when, QString *errors) {
  const auto holder = readConfig<Holder>("{\"when\":" + when + "}", errors);
  return holder ? std::optional(holder->when) : std::nullopt;
}

Expression ExpressionTest::expression(const QByteArray &when) {
  QString errors;
  const auto made = read(when, &errors);
  if (!made) qFatal("%s", qPrintable(errors));
  return *made;
}

void ExpressionTest::give(const Expression &expression, ExpressionState &state, const char *point, const Value &value,
                          const Moment &moment, Quality quality) {
  const auto points = pointsOf(expression);
  for (qsizetype i = 0; i < points.size(); ++i) {
    if (points.at(i).name != QStringLiteral("p/") + QLatin1String(point)) continue;
    takeSample(expression, state, i, Sample{PointId(1), quality, moment.time, value}, moment);
  }
}

void ExpressionTest::R3_10_threeValuedLogic_data() {
  QTest::addColumn<QByteArray>("when");
  QTest::addColumn<QString>("inputs");
  QTest::addColumn<QString>("outcome");
  const QByteArray a = leaf("a"), b = leaf("b"), c = leaf("c");
  const auto add = [](const char *name, const QByteArray &when, const char *table) {
    for (const QString &row : QString::fromLatin1(table).split(u' ')) {
      QTest::addRow("%s %s", name, qPrintable(row)) << when << row.section(u'=', 0, 0) << row.section(u'=', 1);
    }
  };
  add("leaf", a, "1=1 0=0 u=u");
  add("not", "{\"not\":" + a + "}", "1=0 0=1 u=u");
  add("not not", "{\"not\":{\"not\":" + a + "}}", "1=1 0=0 u=u");
  add("all", "{\"all\":[" + a + "," + b + "]}", "11=1 10=0 01=0 00=0 1u=u u1=u 0u=0 u0=0 uu=u");
  add("any", "{\"any\":[" + a + "," + b + "]}", "11=1 10=1 01=1 00=0 1u=1 u1=1 0u=u u0=u uu=u");
  add("one of all", "{\"all\":[" + a + "]}", "1=1 0=0 u=u");
  add("one of any", "{\"any\":[" + a + "]}", "1=1 0=0 u=u");
  add("all of any", "{\"all\":[{\"any\":[" + a + "," + b + "]},{\"not\":" + c + "}]}",
      "100=1 010=1 000=0 101=0 u00=u u01=0 u10=1 10u=u 00u=0 uuu=u");
  add("any of all", "{\"any\":[{\"all\":[" + a + "," + b + "]}," + c + "]}",
      "110=1 100=0 001=1 u00=0 u10=u u11=1 11u=1 10u=u uuu=u");
  add("not any", "{\"not\":{\"any\":[" + a + "," + b + "]}}", "00=1 10=0 u0=u u1=0 uu=u");
}

void ExpressionTest::R3_10_threeValuedLogic() {
  QFETCH(QByteArray, when);
  QFETCH(QString, inputs);
  QFETCH(QString, outcome);
  const Expression made = expression(when);
  ExpressionState state;
  begin(made, state, Moment());
  for (qsizetype i = 0; i < inputs.size(); ++i) {
    const char point[] = {static_cast<char>('a' + i), 0};
    if (inputs.at(i) != u'u') give(made, state, point, inputs.at(i) == u'1' ? 1.0 : 0.0);
  }
  const auto got = result(made, state, Moment());
  QCOMPARE(got ? QString::number(*got) : QStringLiteral("u"), outcome);
}

namespace {

/// A random tree over points a to e, at most `deepest` levels.
QJsonObject randomTree(QRandomGenerator &random, int deepest) {
  const int kind = deepest > 1 ? random.bounded(4) : 3;
  if (kind == 3)
    return QJsonDocument::fromJson(leaf(QByteArray(1, static_cast<char>('a' + random.bounded(5))))).object();
  if (kind == 2) return {{QStringLiteral("not"), randomTree(random, deepest - 1)}};
  QJsonArray parts;
  for (int i = random.bounded(1, 4); i > 0; --i) parts.append(randomTree(random, deepest - 1));
  return {{kind == 1 ? QStringLiteral("all") : QStringLiteral("any"), parts}};
}

/// Kleene's logic as numbers, straight from the JSON: 0 false, 1 unknown, 2 true; `all` is the least, `any` the
/// greatest.
int plainResult(const QJsonObject &tree, const QHash<QString, int> &points) {
  if (tree.contains(QLatin1String("not"))) return 2 - plainResult(tree.value(QLatin1String("not")).toObject(), points);
  if (tree.contains(QLatin1String("point"))) return points.value(tree.value(QLatin1String("point")).toString(), 1);
  const bool isAll = tree.contains(QLatin1String("all"));
  int outcome = isAll ? 2 : 0;
  const QJsonArray parts = tree.value(isAll ? QLatin1String("all") : QLatin1String("any")).toArray();
  for (const auto &part : parts) {
    const int one = plainResult(part.toObject(), points);
    outcome = isAll ? std::min(outcome, one) : std::max(outcome, one);
  }
  return outcome;
}

}  // namespace

void ExpressionTest::R3_10_randomTrees() {
  const quint32 seed = QRandomGenerator::system()->generate();
  qInfo("seed %u", seed);
  QRandomGenerator random(seed);
  for (int tree = 0; tree < 1000; ++tree) {
    const QJsonObject json = randomTree(random, 4);
    const QByteArray text = QJsonDocument(json).toJson(QJsonDocument::Compact);
    const Expression made = expression(text);
    ExpressionState state;
    begin(made, state, Moment());
    QHash<QString, int> points;
    for (int step = 0; step < 20; ++step) {
      const char point[] = {static_cast<char>('a' + random.bounded(5)), 0};
      const int now = random.bounded(3);
      points.insert(QStringLiteral("p/") + QLatin1String(point), now);
      const Quality quality = now == 1 ? Quality::bad(QualityReason::Timeout) : Quality();
      give(made, state, point, now == 2 ? 1.0 : 0.0, Moment(), quality);
      const auto got = result(made, state, Moment());
      QVERIFY2((got ? (*got ? 2 : 0) : 1) == plainResult(json, points), text.constData());
    }
  }
}

void ExpressionTest::R3_10_conditions_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("values");
  QTest::addColumn<QString>("outcome");
  const auto add = [](const char *name, const char *keys, const char *values, const char *outcome) {
    QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(values) << QString::fromLatin1(outcome);
  };
  add("above", "\"comparison\":\"above\",\"threshold\":5", "4.9 5 4.9", "010");
  add("above, deadband", "\"comparison\":\"above\",\"threshold\":5,\"deadband\":1", "4.9 5 4 3.9 4", "01100");
  add("below", "\"comparison\":\"below\",\"threshold\":5", "5.1 5 -9", "011");
  add("outside", "\"comparison\":\"outside_range\",\"low\":1,\"high\":3", "1 3 0.9 3.1", "0011");
  add("inside", "\"comparison\":\"inside_range\",\"low\":1,\"high\":3", "0.9 1 3 3.1", "0110");
  add("equals", "\"comparison\":\"equals\",\"value\":2", "1 2 x", "010");
  add("equals text", "\"comparison\":\"equals\",\"value\":\"Run\"", "Run run 1", "100");
  add("not_equals", "\"comparison\":\"not_equals\",\"value\":\"Run\"", "Run run 1", "011");
  add("discrete", "\"comparison\":\"discrete\",\"values\":[2,\"Trip\"]", "2 Trip 3", "110");
  add("bad_quality", "\"comparison\":\"bad_quality\"", "2 bad ~2 2", "0100");
  add("bad_quality or uncertain", "\"comparison\":\"bad_quality\",\"or_uncertain\":true", "2 bad ~2 2", "0110");
  add("rate", "\"comparison\":\"rate_of_change\",\"threshold\":2,\"window_ms\":2000", "1 2 5 9 10 10 10", "?011100");
  add("rate falling", "\"comparison\":\"rate_of_change\",\"threshold\":2,\"window_ms\":2000,\"direction\":\"falling\"",
      "9 8 5 1", "?011");
  add("deviation from itself", "\"comparison\":\"deviation\",\"reference\":\"p/a\",\"threshold\":1", "1 2", "00");
}

void ExpressionTest::R3_10_conditions() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, values);
  QFETCH(QString, outcome);
  const Expression made = expression("{\"point\":\"p/a\"," + keys + "}");
  ExpressionState state;
  QString told;
  Moment moment;
  for (QString value : values.split(u' ')) {
    moment.elapsed += std::chrono::seconds(1);
    Quality quality;
    if (value == QLatin1String("bad")) quality = Quality::bad(QualityReason::Timeout);
    if (value.startsWith(u'~')) quality = Quality::uncertain(QualityReason::Stale);
    if (value.startsWith(u'~')) value.remove(0, 1);
    bool isNumber = false;
    const double number = value.toDouble(&isNumber);
    give(made, state, "a", isNumber ? Value(number) : Value(value), moment, quality);
    const auto got = result(made, state, moment);
    told += got ? QString::number(*got) : QStringLiteral("?");
  }
  QCOMPARE(told, outcome);
}

void ExpressionTest::R3_14_badIsUnknown() {
  const Expression made = expression("{\"any\":[" + leaf("a") + "," + leaf("b") + "]}");
  ExpressionState state;
  give(made, state, "a", 1.0);
  QCOMPARE(result(made, state, Moment()), std::optional(true));
  give(made, state, "a", 1.0, Moment(), Quality::bad(QualityReason::NoConnection));
  QCOMPARE(result(made, state, Moment()), std::optional<bool>());
  give(made, state, "b", 1.0);
  QCOMPARE(result(made, state, Moment()), std::optional(true));
  give(made, state, "a", 0.0);
  give(made, state, "b", Value());
  QCOMPARE(result(made, state, Moment()), std::optional<bool>());
  QVERIFY(isNotUsable(made, state, 1));
  QVERIFY(!isNotUsable(made, state, 0));
}

void ExpressionTest::R3_10_dueTimes() {
  const Expression made = expression(
      "{\"any\":[{\"point\":\"p/a\",\"comparison\":\"stale\",\"stale_after_ms\":5000},"
      "{\"point\":\"p/b\",\"comparison\":\"stale\",\"stale_after_ms\":9000},"
      "{\"point\":\"p/b\",\"comparison\":\"rate_of_change\",\"threshold\":1,\"window_ms\":4000}]}");
  const auto at = [](int seconds) { return Moment{Time(), std::chrono::seconds(seconds)}; };
  ExpressionState state;
  QVERIFY(!nextDue(made, state, at(1)));
  begin(made, state, at(1));
  QCOMPARE(*nextDue(made, state, at(1)), at(6).elapsed);
  QCOMPARE(result(made, state, at(5)), std::optional<bool>());
  QCOMPARE(result(made, state, at(6)), std::optional(true));
  QCOMPARE(*nextDue(made, state, at(6)), at(10).elapsed);
  give(made, state, "a", 1.0, at(7));
  give(made, state, "b", 1.0, at(7));
  // Half of the rate's window.
  QCOMPARE(*nextDue(made, state, at(7)), at(9).elapsed);
  QCOMPARE(result(made, state, at(9)), std::optional(false));
  QVERIFY(*nextDue(made, state, at(9)) <= at(12).elapsed);
  QCOMPARE(result(made, state, at(12)), std::optional(true));
}

void ExpressionTest::notBegunIsUnknown() {
  ExpressionState state;
  QCOMPARE(result(Expression(), state, Moment()), std::optional<bool>());
  begin(Expression(), state, Moment());
  QCOMPARE(result(Expression(), state, Moment()), std::optional<bool>());
  QCOMPARE(result(expression(leaf("a")), state, Moment()), std::optional<bool>());
}

void ExpressionTest::pointsAreEachOnce() {
  const Expression made =
      expression("{\"all\":[" + leaf("a") + "," + leaf("b") + "," + leaf("a") +
                 ",{\"point\":\"p/b\",\"comparison\":\"deviation\",\"reference\":\"p/c\",\"threshold\":1}]}");
  QStringList names;
  for (const PointReference &point : pointsOf(made)) names << point.name;
  QCOMPARE(names.join(u' '), QStringLiteral("p/a p/b p/c"));
}

void ExpressionTest::problemsAtTheirPlaces_data() {
  QTest::addColumn<QByteArray>("when");
  QTest::addColumn<QString>("problem");
  const auto add = [](const char *name, const QByteArray &when, const char *problem) {
    QTest::newRow(name) << when << QString::fromLatin1(problem);
  };
  const QByteArray a = leaf("a");
  add("number", "5", "config.when: a condition is due, not 5");
  add("empty object", "{}", "config.when: key \"point\" is missing");
  add("empty list", "{\"all\":[]}", "config.when.all: has 0 entries (allowed: 1 to 64)");
  add("list of number", "{\"any\":[" + a + ",7]}", "config.when.any[1]: a condition is due, not 7");
  add("no list", "{\"any\":" + a + "}", "config.when.any: a list of conditions is due, not an object");
  add("not of list", "{\"not\":[" + a + "]}", "config.when.not: a condition is due, not an array");
  add("two groups", "{\"all\":[" + a + "],\"any\":[" + a + "]}",
      "config.when.any: may not stand beside \"all\" (allowed: just one of all, any, not)");
  add("point beside", "{\"all\":[" + a + "],\"point\":\"p/a\"}", "config.when.point: may not stand beside \"all\"");
  add("unknown key", "{\"not\":{\"point\":\"p/a\",\"comparison\":\"above\",\"treshold\":1}}",
      "config.when.not.treshold: unknown key \"treshold\", did you mean \"threshold\"?");
  add("comparison", "{\"point\":\"p/a\",\"comparison\":\"abov\",\"threshold\":1}",
      "config.when.comparison: unknown comparison \"abov\", did you mean \"above\"?");
  add("expression", "{\"point\":\"p/a\",\"comparison\":\"expression\"}",
      "config.when.comparison: has no meaning within an expression (allowed: all, any and not)");
  add("no threshold", "{\"any\":[" + a + ",{\"all\":[{\"point\":\"p/a\",\"comparison\":\"above\"}]}]}",
      "config.when.any[1].all[0].threshold: missing: \"above\" needs it");
  add("key of another", "{\"point\":\"p/a\",\"comparison\":\"above\",\"threshold\":1,\"low\":2}",
      "config.when.low: has no meaning for \"above\" (allowed: threshold, deadband)");
  add("default of another", "{\"point\":\"p/a\",\"comparison\":\"equals\",\"value\":1,\"deadband\":0}",
      "config.when.deadband: has no meaning for \"equals\" (allowed: value)");
  add("order", "{\"point\":\"p/a\",\"comparison\":\"inside_range\",\"low\":3,\"high\":2}",
      "config.when.low: 3 is over high 2");
  add("wide deadband", "{\"point\":\"p/a\",\"comparison\":\"outside_range\",\"low\":1,\"high\":3,\"deadband\":1.5}",
      "config.when.deadband: 1.5 is too wide: no value would ever end the condition (allowed: up to 1)");
  add("rate", "{\"point\":\"p/a\",\"comparison\":\"rate_of_change\",\"threshold\":0}",
      "config.when.threshold: 0 is out of range (allowed: over 0)");
  add("wide deadband of a rate", "{\"point\":\"p/a\",\"comparison\":\"rate_of_change\",\"threshold\":1,\"deadband\":1}",
      "config.when.deadband: 1 is too wide: no value would ever end the state (allowed: under threshold 1)");
  add("value", "{\"point\":\"p/a\",\"comparison\":\"equals\",\"value\":[1]}",
      "config.when.value: a text, a number, true or false is due, not an array");
  add("window", "{\"point\":\"p/a\",\"comparison\":\"rate_of_change\",\"threshold\":1,\"window_ms\":5}",
      "config.when.window_ms: 5 is out of range (allowed: 100 to 86400000)");
}

void ExpressionTest::problemsAtTheirPlaces() {
  QFETCH(QByteArray, when);
  QFETCH(QString, problem);
  QString errors;
  QVERIFY(!read(when, &errors));
  QVERIFY2(errors.contains(problem), qPrintable(errors));
}

void ExpressionTest::limits() {
  const auto nested = [](int levels) {
    QByteArray when = leaf("a");
    for (int i = 1; i < levels; ++i) when = "{\"not\":" + when + "}";
    return when;
  };
  QVERIFY(read(nested(8)));
  QString errors;
  QVERIFY(!read(nested(9), &errors));
  QVERIFY2(errors.contains(QLatin1String("config.when") + QStringLiteral(".not").repeated(8) +
                           QLatin1String(": is nested too deep (allowed: 8 levels)")),
           qPrintable(errors));
  const auto wide = [](int leaves) {
    QByteArrayList all;
    for (int i = 0; i < leaves; ++i) all << leaf(QByteArray::number(i));
    return "{\"any\":[{\"all\":[" + all.mid(0, 40).join(',') + "]},{\"all\":[" + all.mid(40).join(',') + "]}]}";
  };
  const auto most = read(wide(64));
  QVERIFY(most);
  QCOMPARE(pointsOf(*most).size(), 64);
  QVERIFY(!read(wide(65), &errors));
  QCOMPARE(errors.count(u'\n'), 1);
  QVERIFY2(errors.contains(QLatin1String("config.when.any[1].all[24]: is one condition too many (allowed: 64)")),
           qPrintable(errors));
}

void ExpressionTest::everyPointIsAReference() {
  Problems problems;
  const ConfigNode node = parseJson(
      "{\"when\":{\"all\":[" + leaf("a") +
          ",{\"not\":{\"point\":\"p/b\",\"comparison\":\"deviation\",\"reference\":\"p/c\",\"threshold\":1}}]}}",
      QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  QVERIFY(reader.read<Holder>());
  QStringList paths;
  for (const auto &reference : reader.later().references) paths << reference.path + u'=' + reference.name;
  QCOMPARE(paths.join(u' '), QStringLiteral("config.when.all[0].point=p/a config.when.all[1].not.point=p/b "
                                            "config.when.all[1].not.reference=p/c"));
}

void ExpressionTest::writtenReadsToTheSame_data() {
  QTest::addColumn<QByteArray>("when");
  const QByteArray text = "{\"point\":\"p/a\",\"comparison\":\"equals\",\"value\":\"1\"}";
  QTest::newRow("leaf") << text;
  QTest::newRow("group") << QByteArray("{\"all\":[{\"any\":[" + text + "," + text + "]},{\"not\":" + text + "}]}");
  QTest::newRow("keys") << QByteArray(
      "{\"any\":[{\"point\":\"p/a\",\"comparison\":\"above\",\"threshold\":1.5,\"deadband\":0.5},"
      "{\"point\":\"p/a\",\"comparison\":\"outside_range\",\"low\":-1,\"high\":3},"
      "{\"point\":\"p/a\",\"comparison\":\"deviation\",\"threshold\":1,\"reference\":\"p/b\"},"
      "{\"point\":\"p/a\",\"comparison\":\"stale\",\"stale_after_ms\":1000},"
      "{\"point\":\"p/a\",\"comparison\":\"bad_quality\",\"or_uncertain\":true},"
      "{\"point\":\"p/a\",\"comparison\":\"discrete\",\"values\":[\"2\",\"Trip\",\"true\"]},"
      "{\"point\":\"p/a\",\"comparison\":\"rate_of_change\",\"threshold\":1,\"window_ms\":5000,\"direction\":"
      "\"falling\"}]}");
}

void ExpressionTest::writtenReadsToTheSame() {
  QFETCH(QByteArray, when);
  const QJsonObject given = QJsonDocument::fromJson(when).object();
  QCOMPARE(written(expression(when)).toObject(), given);
  QVERIFY(written(Expression()).isNull());
}

TAGWIRE_TEST(ExpressionTest)

}  // namespace expression_test

#include "expression_test.moc"
