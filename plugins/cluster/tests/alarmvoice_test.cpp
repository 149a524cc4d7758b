// SPDX-License-Identifier: Apache-2.0
#include "alarmvoice.h"

#include <QTest>

#include "testprogram.h"

namespace alarmvoice_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

Event alarmOf(int rule, AlarmState state = AlarmState::Alarm) {
  AlarmTransition alarm;
  alarm.ruleId = rule;
  alarm.state = state;
  return {0, {}, QStringLiteral("alarms"), alarm};
}
Event doneBy(const char *who, int rule = 7) {
  AlarmConditionChange change;
  change.ruleId = rule;
  change.cause = QStringLiteral("ack");
  change.by = QLatin1String(who);
  return {0, {}, QStringLiteral("alarms"), change};
}
QList<int> rulesOf(const QList<Event> &events) {
  QList<int> rules;
  for (const Event &event : events) rules << std::get<AlarmTransition>(event.body).ruleId;
  return rules;
}

class AlarmVoiceTest : public QObject {
  Q_OBJECT
 private:
  AlarmVoice m_voice;
  std::chrono::nanoseconds m_now{0};

 private Q_SLOTS:
  void init() {
    m_now = 100s;
    m_voice.start();
  }

  // The lease may be lost between its confirmation and the alarm: only one that begins after it says that it is ours.
  void anAlarmIsToldOnceTheLeaseIsConfirmedAfterIt() {
    QVERIFY(m_voice.confirmed(m_now, m_now).isEmpty());
    QVERIFY(m_voice.isSpeaking(m_now));
    m_now += 1s;
    QVERIFY(!m_voice.tells(alarmOf(1), m_now));
    QVERIFY(m_voice.isWaiting());
    QVERIFY(m_voice.confirmed(m_now - 1ms, m_now - 1ms).isEmpty());
    QVERIFY(m_voice.confirmed(m_now, m_now + AlarmVoice::confidence).isEmpty());
    QVERIFY(!m_voice.isSpeaking(m_now + AlarmVoice::confidence));
    QCOMPARE(rulesOf(m_voice.confirmed(m_now, m_now)), QList{1});
    QVERIFY(!m_voice.isWaiting());
  }

  void whoIsNotConfirmedDoesNotSpeak() {
    m_voice.confirmed(m_now, m_now);
    QVERIFY(m_voice.isSpeaking(m_now + 2999ms));
    QVERIFY(!m_voice.isSpeaking(m_now + 3s));
  }

  void whoTakesOverTellsWhatWasNotTold() {
    m_voice.taken();
    QVERIFY(!m_voice.tells(alarmOf(1), m_now));
    QVERIFY(!m_voice.isWaiting());
    m_voice.told(alarmOf(1), m_now);  // ours first, then the other's
    m_voice.told(alarmOf(2), m_now);  // the other's first
    QVERIFY(!m_voice.tells(alarmOf(2), m_now));
    QVERIFY(!m_voice.tells(alarmOf(3), m_now));  // and then the other was killed
    QCOMPARE(rulesOf(m_voice.confirmed(m_now + 6s, m_now + 6s)), QList{3});
  }

  void whatTheHolderHasToldIsForgotten() {
    m_voice.taken();
    QVERIFY(!m_voice.tells(alarmOf(3), m_now));
    QVERIFY(!m_voice.tells(alarmOf(4), m_now + 40s));
    QCOMPARE(rulesOf(m_voice.confirmed(m_now + 41s, m_now + 41s)), QList{4});
  }

  // With one hub and no server nobody else tells it.
  void whatNobodyMayHaveToldIsKept() {
    m_voice.confirmed(m_now, m_now);
    QVERIFY(!m_voice.tells(alarmOf(3), m_now + 1s));
    QVERIFY(!m_voice.tells(alarmOf(4), m_now + 10min));
    QCOMPARE(rulesOf(m_voice.confirmed(m_now + 11min, m_now + 11min)), (QList{3, 4}));
  }

  void whatIsKeptIsBoundedAndCounted() {
    for (size_t i = 0; i < AlarmVoice::mostHeld + 5; ++i) m_voice.tells(alarmOf(static_cast<int>(i)), m_now);
    QCOMPARE(m_voice.dropped(), 5);
    QCOMPARE(m_voice.confirmed(m_now, m_now).size(), static_cast<qsizetype>(AlarmVoice::mostHeld));
  }

  // It came back, and reads what the other told while it was away.
  void whatWasToldLongAgoIsNotToldAgain() {
    m_voice.confirmed(m_now, m_now);
    QVERIFY(!m_voice.tells(alarmOf(3), m_now + 1s));
    m_voice.told(alarmOf(3), m_now + 10min, true);
    QVERIFY(m_voice.confirmed(m_now + 11min, m_now + 11min).isEmpty());
    // But one of now is another.
    m_voice.told(alarmOf(5), m_now + 11min, true);
    QVERIFY(!m_voice.tells(alarmOf(5), m_now + 11min));
    QCOMPARE(rulesOf(m_voice.confirmed(m_now + 12min, m_now + 12min)), QList{5});
  }

  void whatAnOperatorDidIsToldWhereItWasDone() {
    m_voice.taken();
    QVERIFY(m_voice.tells(doneBy("anna"), m_now));
    QVERIFY(!m_voice.tells(doneBy("tagwire"), m_now));  // every hub has that by itself
    m_voice.follows(doneBy("ben"), m_now);
    QVERIFY(!m_voice.tells(doneBy("ben"), m_now));
    QVERIFY(m_voice.tells(doneBy("ben"), m_now));  // once more, here
    m_voice.follows(doneBy("ben"), m_now);
    m_voice.forgets(doneBy("ben"));
    QVERIFY(m_voice.tells(doneBy("ben"), m_now));
  }
};

TAGWIRE_TEST(AlarmVoiceTest)

}  // namespace alarmvoice_test

#include "alarmvoice_test.moc"
