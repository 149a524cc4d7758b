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
int ruleOf(const Event &event) { return std::get<AlarmTransition>(event.body).ruleId; }

class AlarmVoiceTest : public QObject {
  Q_OBJECT
 private:
  AlarmVoice m_first{QStringLiteral("hub1")};
  AlarmVoice m_second{QStringLiteral("hub2")};
  std::chrono::nanoseconds m_now{0};

  void hear(bool fromFirst = true, bool fromSecond = true) {
    if (fromFirst) m_second.heard(QStringLiteral("hub1"), m_first.isSpeaking(), m_now);
    if (fromSecond) m_first.heard(QStringLiteral("hub2"), m_second.isSpeaking(), m_now);
  }
  void pass(int seconds, bool fromFirst = true, bool fromSecond = true) {
    for (int i = 0; i < seconds; ++i) {
      m_now += 1s;
      hear(fromFirst, fromSecond);
      QVERIFY(m_first.look(m_now).isEmpty() || m_first.isSpeaking());
      m_due += m_second.look(m_now);
    }
  }
  QList<Event> m_due;

 private Q_SLOTS:
  void init() {
    m_now = 100s;
    m_due.clear();
    m_first.start(m_now);
    m_second.start(m_now);
    pass(5);
  }

  void oneOfTwoSpeaks() {
    QVERIFY(m_first.isSpeaking());
    QVERIFY(!m_second.isSpeaking());
    QVERIFY(m_first.tells(alarmOf(7), m_now));
    QVERIFY(!m_second.tells(alarmOf(7), m_now));
  }

  void whoTakesOverTellsWhatWasNotTold() {
    QVERIFY(!m_second.tells(alarmOf(1), m_now));
    m_second.told(alarmOf(1), m_now);  // ours first, then the other's
    m_second.told(alarmOf(2), m_now);  // the other's first
    QVERIFY(!m_second.tells(alarmOf(2), m_now));
    QVERIFY(!m_second.tells(alarmOf(3), m_now));  // and then the other was killed
    pass(5, false);
    QVERIFY(m_second.isSpeaking());
    QCOMPARE(m_due.size(), 1);
    QCOMPARE(ruleOf(m_due[0]), 3);
    QVERIFY(m_second.tells(alarmOf(4), m_now));
  }

  // Or it would tell again what the other has told while it was away.
  void whoComesBackDoesNotTakeItsPlaceAgain() {
    pass(5, false);
    m_first.start(m_now);
    pass(10);
    QVERIFY(m_second.isSpeaking());
    QVERIFY(!m_first.isSpeaking());
    QVERIFY(!m_first.tells(alarmOf(3), m_now));
  }

  void twoThatSpeakBecomeOne() {
    pass(5, false, false);
    QVERIFY(m_first.isSpeaking() && m_second.isSpeaking());
    pass(1);
    QVERIFY(m_first.isSpeaking());
    QVERIFY(!m_second.isSpeaking());
  }

  void whatIsOldIsForgotten() {
    QVERIFY(!m_second.tells(alarmOf(3), m_now));
    pass(40);
    pass(5, false);
    QVERIFY(m_second.isSpeaking());
    QVERIFY(m_due.isEmpty());
  }
};

TAGWIRE_TEST(AlarmVoiceTest)

}  // namespace alarmvoice_test

#include "alarmvoice_test.moc"
