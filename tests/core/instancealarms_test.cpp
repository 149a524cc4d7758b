// SPDX-License-Identifier: Apache-2.0
#include "instancealarms.h"

#include <QTest>

#include "manualclock.h"
#include "testprogram.h"

namespace instancealarms_test {

using namespace tagwire;

class InstanceAlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void standsUntilTheInstanceIsLoadedAnew();
};

void InstanceAlarmsTest::standsUntilTheInstanceIsLoadedAnew() {
  ManualClock clock;
  QList<AlarmTransition> told;
  InstanceAlarms alarms(clock, [&](const AlarmTransition &alarm) { told << alarm; });

  alarms.raise(QStringLiteral("vision"), QStringLiteral("crashed"));
  alarms.raise(QStringLiteral("vision"), QStringLiteral("crashed again"));
  alarms.raise(QStringLiteral("weather"), QStringLiteral("crashed"));
  QCOMPARE(told.size(), 2);
  QCOMPARE(alarms.all().size(), 2);
  const int rule = told[0].ruleId;
  QCOMPARE(rule, -(InstanceAlarms::firstRule + 1));
  QCOMPARE(told[0].state, AlarmState::Alarm);
  QCOMPARE(told[0].message, QStringLiteral("crashed"));
  QVERIFY(told[1].ruleId != rule);

  alarms.clear(QStringLiteral("nobody"));
  alarms.clear(QStringLiteral("vision"));
  QVERIFY(!alarms.stands(QStringLiteral("vision")));
  QVERIFY(alarms.stands(QStringLiteral("weather")));
  QCOMPARE(told.size(), 3);
  QCOMPARE(told[2].state, AlarmState::Ok);
  QCOMPARE(told[2].alarmId, told[0].alarmId);

  // Another occurrence of the same rule.
  clock.advance(std::chrono::seconds(1));
  alarms.raise(QStringLiteral("vision"), QStringLiteral("crashed"));
  QCOMPARE(told[3].ruleId, rule);
  QVERIFY(told[3].alarmId != told[0].alarmId);
}

TAGWIRE_TEST(InstanceAlarmsTest)

}  // namespace instancealarms_test

#include "instancealarms_test.moc"
