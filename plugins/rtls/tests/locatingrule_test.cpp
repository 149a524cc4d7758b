// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include <QJsonObject>
#include <QRandomGenerator>

#include "omlox/locatingrule.h"
#include "testprogram.h"

namespace locatingrule_test {

using namespace tagwire::rtls;

namespace {

QString text(const char *latin) { return QString::fromLatin1(latin); }

LocatingFacts facts() { return {0.5, std::nullopt, 2, 1500, text("AA:01"), text("uwb"), text("hall's")}; }

}  // namespace

/// The conditions of locating rules: what is read, what is refused, and what holds.
class LocatingRuleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void holds_data();
  void holds();
  void wrong_data();
  void wrong();
  void bounds();
  void anythingIsReadOrRefused();
  void rules();
  void wrongRules_data();
  void wrongRules();
};

void LocatingRuleTest::holds_data() {
  QTest::addColumn<bool>("expected");
  const auto row = [](const char *expression, bool expected) { QTest::newRow(expression) << expected; };
  row("accuracy < 1", true);
  row("accuracy<0.5", false);
  row("accuracy <= .5", true);
  row("accuracy == 5e-1", true);
  row("accuracy <> 0.5", false);
  row("floor = 2", true);
  row("floor > -1", true);
  row("floor != 2", false);
  row("timestamp_diff >= 1500", true);
  row("timestamp_diff > 1.5E+3", false);
  row("type = 'uwb'", true);
  row("type = \"uwb\"", true);
  row("type = 'UWB'", false);
  row("provider_id != 'AA:02'", true);
  row("source = 'hall''s'", true);
  row("true", true);
  row("FALSE or True", true);
  row("type = 'uwb' AND accuracy < 1 AND timestamp_diff < 5000", true);
  row("type = 'uwb' and accuracy > 1", false);
  row("type = 'gps' or accuracy < 1", true);
  // NOT before AND, AND before OR.
  row("true or false and false", true);
  row("(true or false) and false", false);
  row("not false and false", false);
  row("not (false and false)", true);
  row("not not true", true);
  // What is unknown does not hold, and neither does its opposite.
  row("speed < 1", false);
  row("not speed < 1", false);
  row("speed < 1 or true", true);
  row("true or speed < 1", true);
  row("not (speed < 1 and false)", true);
  row("not (speed < 1 and true)", false);
}

void LocatingRuleTest::holds() {
  QFETCH(bool, expected);
  const auto expression = LocatingExpression::parse(text(QTest::currentDataTag()));
  QVERIFY2(expression, expression ? "" : qPrintable(expression.error()));
  QCOMPARE(expression->holds(facts()), expected);
}

void LocatingRuleTest::wrong_data() {
  QTest::addColumn<QString>("says");
  const auto row = [](const char *expression, const char *says) { QTest::newRow(expression) << text(says); };
  row("", "at character 1: the end (allowed: accuracy, provider_id, type, source, floor");
  row("weather = 1", "at character 1: \"weather\" (allowed: accuracy");
  row("accuracy", "at character 9: the end (allowed: =, ==, !=, <>, <");
  row("accuracy =", "at character 11: the end (allowed: a number)");
  row("accuracy < 'near'", "at character 12: \"near\" (allowed: a number)");
  row("accuracy < 1.2.3", "at character 12: \"1.2.3\" (allowed: a number)");
  row("accuracy < 1e999", "(allowed: a number)");
  row("accuracy < -", "(allowed: a number)");
  row("accuracy => 1", "at character 10: \"=>\" (allowed: =, ==");
  row("accuracy ! 1", "at character 10: \"!\" (allowed: =, ==");
  row("type = uwb", "at character 8: \"uwb\" (allowed: a text in quotes)");
  row("type = 1", "(allowed: a text in quotes)");
  row("type < 'uwb'", "at character 6: \"<\" (allowed: =, ==, !=, <>, as this is a text)");
  row("type = 'uwb", "at character 8: a text without its end (allowed: a text in quotes)");
  row("accuracy < 1 type = 'uwb'", "at character 14: \"type\" (allowed: AND, OR, the end)");
  row("(accuracy < 1", "at character 14: the end (allowed: AND, OR, \")\")");
  row("accuracy < 1)", "at character 13: \")\" (allowed: AND, OR, the end)");
  row("accuracy < 1 and", "at character 17: the end");
  row("not", "at character 4: the end");
  row("1 > accuracy", "at character 1: \"1\"");
  row("accuracy < 1; drop", "at character 13: ;");
  row("accuracy < 1 AND \xe4", "at character 18: \xe4");
}

void LocatingRuleTest::wrong() {
  QFETCH(QString, says);
  const auto expression = LocatingExpression::parse(text(QTest::currentDataTag()));
  QVERIFY(!expression);
  QVERIFY2(expression.error().contains(says), qPrintable(expression.error()));
}

void LocatingRuleTest::bounds() {
  const auto nested = [](int depth) { return QString(depth, u'(') + QStringLiteral("true") + QString(depth, u')'); };
  QVERIFY(LocatingExpression::parse(nested(LocatingExpression::deepest)));
  QVERIFY(LocatingExpression::parse(nested(LocatingExpression::deepest + 1)).error().contains(text("too deep")));
  const QString nots = QStringLiteral("not ").repeated(LocatingExpression::deepest) + QStringLiteral("true");
  QVERIFY(LocatingExpression::parse(nots));
  QVERIFY(LocatingExpression::parse(QStringLiteral("not ") + nots).error().contains(text("too deep")));
  const QString many = QStringLiteral("true") + QStringLiteral(" and true").repeated(55);
  QVERIFY(many.size() <= LocatingExpression::longest && LocatingExpression::parse(many));
  const auto longer = LocatingExpression::parse(many + QString(10, u' '));
  QVERIFY(longer.error().contains(text("(allowed: 500)")));
}

/// Whatever comes, it is an expression or an error with a position, and an expression can be judged.
void LocatingRuleTest::anythingIsReadOrRefused() {
  const QStringList parts{
      text("accuracy"), text("type"), text("<"),   text("="),  text("1"),         text("'uwb'"),
      text("("),        text(")"),    text("and"), text("or"), text("not"),       text("true"),
      text("'"),        text("-"),    text("e"),   text("\""), QString(QChar(0)), QString(QChar(0xd800))};
  const QStringList good = text("( not type = 'uwb' or accuracy < 1 ) and ( source != \"a\" or true )").split(u' ');
  QRandomGenerator random(7);
  int read = 0;
  for (int round = 0; round < 100'000; ++round) {
    QStringList words = good.mid(0, random.bounded(1, static_cast<int>(good.size()) + 1));
    for (int change = random.bounded(4); change > 0; --change) {
      const qsizetype at = random.bounded(static_cast<int>(words.size()));
      const QString &part = parts[random.bounded(static_cast<int>(parts.size()))];
      if (random.bounded(2) == 0) {
        words[at] = part;
      } else {
        words.insert(at, part);
      }
    }
    const QString whole = words.join(random.bounded(4) == 0 ? QString() : QStringLiteral(" "));
    const auto expression = LocatingExpression::parse(whole);
    if (expression) {
      ++read;
      (void)expression->holds(facts());
      QVERIFY2(LocatingExpression::parse(u'(' + whole + u')'), qPrintable(whole));
    } else {
      QVERIFY2(expression.error().startsWith(text("at character ")), qPrintable(expression.error()));
    }
  }
  QVERIFY(read > 1000);
}

void LocatingRuleTest::rules() {
  const QJsonArray json{QJsonObject{{text("expression"), text("type = 'gps'")}, {text("priority"), 9}},
                        QJsonObject{{text("expression"), text("type = 'uwb'")}, {text("priority"), 3}},
                        QJsonObject{{text("expression"), text("accuracy < 1")}, {text("priority"), 5}}};
  const auto rules = readLocatingRules(json);
  QVERIFY(rules);
  QCOMPARE(priorityOf(*rules, facts()), 5);
  LocatingFacts far = facts();
  far.accuracy = 10;
  QCOMPARE(priorityOf(*rules, far), 3);
  far.type = text("wifi");
  QCOMPARE(priorityOf(*rules, far), 0);
}

void LocatingRuleTest::wrongRules_data() {
  QTest::addColumn<QJsonObject>("rule");
  QTest::addColumn<QString>("says");
  const auto row = [](const char *says, const QJsonValue &expression, const QJsonValue &priority) {
    QTest::newRow(says) << QJsonObject{{text("expression"), expression}, {text("priority"), priority}} << text(says);
  };
  row("locating_rules[0].expression is wrong or missing (allowed: a text)", 5, 1);
  row("locating_rules[0].expression at character 1", text("weather"), 1);
  row("locating_rules[0].priority is wrong or missing (allowed: a whole number from 0", text("true"), -1);
  row("from 0 to 1000000)", text("true"), 1.5);
  row("locating_rules[0].priority", text("true"), text("1"));
  row("locating_rules[0].priority is wrong", text("true"), 1e9);
}

void LocatingRuleTest::wrongRules() {
  QFETCH(QJsonObject, rule);
  QFETCH(QString, says);
  const auto rules = readLocatingRules({rule});
  QVERIFY(!rules);
  QVERIFY2(rules.error().contains(says), qPrintable(rules.error()));
  const QJsonObject good{{text("expression"), text("true")}, {text("priority"), 1}};
  QJsonArray many;
  for (int i = 0; i < 21; ++i) many.append(good);
  QVERIFY(readLocatingRules(many).error().contains(text("too many (allowed: 20)")));
}

TAGWIRE_TEST(LocatingRuleTest)

}  // namespace locatingrule_test

#include "locatingrule_test.moc"
