// SPDX-License-Identifier: Apache-2.0
#include "conditionstate.h"

#include <QFile>
#include <QTest>
#include "testprogram.h"

namespace conditionstate_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

using Cells = QList<QStringList>;

const Time noon = fromMilliseconds(1'760'000'000'000);
const Time later = noon + std::chrono::hours(1);

/// The rows of the first table below `heading`, with its head line, without the rule.
Cells tableBelow(const QString &heading) {
  QFile file(QStringLiteral(ALARM_STATES_PAGE));
  if (!file.open(QIODevice::ReadOnly)) qFatal("no docs/alarm-states.md");
  const QString text = QString::fromUtf8(file.readAll());
  const qsizetype begin = text.indexOf(heading);
  if (begin < 0) qFatal("no such heading");
  Cells rows;
  const QStringList lines = text.mid(begin).split(u'\n');
  for (const QString &line : lines) {
    if (!line.startsWith(u'|')) {
      if (rows.isEmpty()) continue;
      break;
    }
    if (line.startsWith(QStringLiteral("|---"))) continue;
    QStringList cells;
    const QStringList parts = line.mid(1, line.size() - 2).split(u'|');
    for (const QString &part : parts) cells << part.trimmed();
    rows << cells;
  }
  return rows;
}

const QList<AlarmCondition> &alarmConditions() {
  static const QList<AlarmCondition> all{AlarmCondition::Normal, AlarmCondition::UnacknowledgedActive,
                                         AlarmCondition::AcknowledgedActive, AlarmCondition::RtnUnacknowledged,
                                         AlarmCondition::Latched};
  return all;
}

const QList<std::pair<QString, ConditionInput::Kind>> &inputs() {
  static const QList<std::pair<QString, ConditionInput::Kind>> all{
      {QStringLiteral("Raise"), ConditionInput::Raise},
      {QStringLiteral("Rise"), ConditionInput::Rise},
      {QStringLiteral("Fall"), ConditionInput::Fall},
      {QStringLiteral("Return"), ConditionInput::Return},
      {QStringLiteral("Acknowledge"), ConditionInput::Acknowledge},
      {QStringLiteral("Shelve"), ConditionInput::Shelve},
      {QStringLiteral("ShelveOnce"), ConditionInput::ShelveOnce},
      {QStringLiteral("Unshelve"), ConditionInput::Unshelve},
      {QStringLiteral("Suppress"), ConditionInput::Suppress},
      {QStringLiteral("Unsuppress"), ConditionInput::Unsuppress},
      {QStringLiteral("SuppressionBegins"), ConditionInput::SuppressionBegins},
      {QStringLiteral("SuppressionEnds"), ConditionInput::SuppressionEnds},
      {QStringLiteral("TakeOutOfService"), ConditionInput::TakeOutOfService},
      {QStringLiteral("PutInService"), ConditionInput::PutInService},
      {QStringLiteral("TimePasses"), ConditionInput::TimePasses}};
  return all;
}

/// Every alarm condition under every mixture of what lies over it.
QList<ConditionState> allStates() {
  QList<ConditionState> all;
  for (const AlarmCondition alarm : alarmConditions()) {
    for (int shelved = 0; shelved < 4; ++shelved) {
      for (int rest = 0; rest < 8; ++rest) {
        ConditionState state{.alarm = alarm,
                             .isShelved = shelved > 0,
                             .isOneShot = shelved == 2,
                             .shelvedUntil = {},
                             .isSuppressedByOperator = (rest & 1) != 0,
                             .isSuppressedByCondition = (rest & 2) != 0,
                             .isOutOfService = (rest & 4) != 0};
        if (shelved > 0) state.shelvedUntil = shelved == 3 ? noon : later;  // 3: it is over now
        all << state;
      }
    }
  }
  return all;
}

AlarmCondition expectedAlarm(const Cells &table, AlarmCondition from, const QString &input, bool latches) {
  qsizetype column = table.first().indexOf(input);
  if (input == QLatin1String("Return") && latches) column = table.first().indexOf(QStringLiteral("Return, `latch`"));
  if (column < 0) return from;  // it is about what lies over it
  for (const QStringList &row : table) {
    if (row.first() != toText(from)) continue;
    for (const AlarmCondition to : alarmConditions()) {
      if (row.at(column) == toText(to)) return to;
    }
  }
  qFatal("the table lacks a row");
}

ConditionState expectedState(ConditionState state, const QStringList &row) {
  const auto apply = [&](int column, bool &flag) {
    if (row.at(column) == QLatin1String("yes")) flag = true;
    if (row.at(column) == QLatin1String("no")) flag = false;
  };
  const QString shelved = row.at(1);
  const bool isOver = state.isShelved && *state.shelvedUntil <= noon;
  if (shelved.startsWith(QLatin1String("yes"))) {
    state.isShelved = true;
    state.isOneShot = shelved.contains(QLatin1String("one-shot"));
    state.shelvedUntil = later;
  } else if (shelved == QLatin1String("no") || (shelved == QLatin1String("no, if one-shot") && state.isOneShot) ||
             (shelved == QLatin1String("no, if it is over") && isOver)) {
    state.isShelved = state.isOneShot = false;
    state.shelvedUntil.reset();
  }
  apply(2, state.isSuppressedByOperator);
  apply(3, state.isSuppressedByCondition);
  apply(4, state.isOutOfService);
  return state;
}

}  // namespace

/// Walks the tables of docs/alarm-states.md.
class ConditionStateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_20_everyStateAndEveryInputIsAsTheTableSays();
  void R3_20_tableNamesEveryInputOnce();
  void R3_20_shownIsTheFirstThatHolds();
  void R3_20_riseOfAnAcknowledgedWarningIsNew();
};

void ConditionStateTest::R3_20_everyStateAndEveryInputIsAsTheTableSays() {
  const Cells alarmTable = tableBelow(QStringLiteral("## The alarm itself"));
  const Cells overTable = tableBelow(QStringLiteral("## What keeps it"));
  int walked = 0;
  for (const ConditionState &state : allStates()) {
    for (const auto &[name, kind] : inputs()) {
      for (const bool latches : {false, true}) {
        const ConditionState next = after(state, {.kind = kind, .until = later}, noon, latches);
        QStringList row;
        for (const QStringList &each : overTable) {
          if (each.first() == name) row = each;
        }
        QVERIFY2(!row.isEmpty(), qPrintable(name));
        ConditionState expected = expectedState(state, row);
        expected.alarm = expectedAlarm(alarmTable, state.alarm, name, latches);
        QVERIFY2(next == expected, qPrintable(QStringLiteral("%1 on %2").arg(name, toText(state.condition()))));
        ++walked;
      }
    }
  }
  QCOMPARE(walked, 5 * 4 * 8 * 15 * 2);
}

void ConditionStateTest::R3_20_tableNamesEveryInputOnce() {
  QStringList named;
  const Cells table = tableBelow(QStringLiteral("## What keeps it"));
  for (const QStringList &row : table.mid(1)) named << row.first();
  QStringList known;
  for (const auto &[name, kind] : inputs()) known << name;
  named.sort();
  known.sort();
  QCOMPARE(named, known);
}

void ConditionStateTest::R3_20_shownIsTheFirstThatHolds() {
  for (const ConditionState &state : allStates()) {
    const AlarmCondition expected = state.isOutOfService ? AlarmCondition::OutOfService
                                    : state.isSuppressedByOperator || state.isSuppressedByCondition
                                        ? AlarmCondition::SuppressedByDesign
                                    : state.isShelved ? AlarmCondition::Shelved
                                                      : state.alarm;
    QCOMPARE(state.condition(), expected);
    QCOMPARE(state.isAnnounced(), expected == state.alarm && !state.isShelved && !state.isOutOfService);
  }
}

void ConditionStateTest::R3_20_riseOfAnAcknowledgedWarningIsNew() {
  ConditionState state;
  state = after(state, {.kind = ConditionInput::Raise}, noon, false);
  state = after(state, {.kind = ConditionInput::Acknowledge}, noon, false);
  QCOMPARE(state.condition(), AlarmCondition::AcknowledgedActive);
  state = after(state, {.kind = ConditionInput::Rise}, noon, false);
  QCOMPARE(state.condition(), AlarmCondition::UnacknowledgedActive);
}

TAGWIRE_TEST(ConditionStateTest)

}  // namespace conditionstate_test

#include "conditionstate_test.moc"
