// SPDX-License-Identifier: Apache-2.0
#include "presence.h"

#include <QtTest>

#include <random>
#include "testprogram.h"

namespace presence_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// One tag at one region. A rule is written "entry=2 tolerance=1", in seconds and lengths; a script "0:in 1:out 3:0.5
/// 9:due 10:lost": inside, far outside, outside by so much, time passes, lost. What happens is "entered@2 left@9".
class PresenceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_20_steps_data();
  void R1_20_steps() { play(); }
  void R1_24_delays_data();
  void R1_24_delays() { play(); }
  void fenceOfOmlox_data();
  void fenceOfOmlox() { play(); }
  void deadlinesAreExact();
  void lateTimersChangeNothing();
  void R1_20_entersAndLeavesInTurn();

 private:
  static void addScripts();
  static void play();
};

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

nanoseconds secondsOf(const QString &text) { return nanoseconds(static_cast<qint64>(text.toDouble() * 1e9)); }

/// Source times are an hour ahead of the other clock, so that mixing them up shows.
Moment momentOf(nanoseconds elapsed) { return {Time(elapsed + seconds(3600)), elapsed}; }

PresenceRule ruleOf(const QString &text) {
  PresenceRule rule;
  for (const QString &part : text.split(u' ', Qt::SkipEmptyParts)) {
    const QString key = part.section(u'=', 0, 0), value = part.section(u'=', 1);
    if (key == QLatin1String("entry")) rule.entryDelay = secondsOf(value);
    if (key == QLatin1String("tolerance")) rule.exitTolerance = value.toDouble();
    if (key == QLatin1String("exit")) rule.exitDelay = secondsOf(value);
    if (key == QLatin1String("dwell")) rule.dwell = secondsOf(value);
    if (key == QLatin1String("toleranceTimeout")) rule.toleranceTimeout = secondsOf(value);
    if (key == QLatin1String("timeout")) rule.timeout = secondsOf(value);
  }
  return rule;
}

QString toWord(const Happening &happening) {
  static const QStringList words{QStringLiteral("entered"), QStringLiteral("left"), QStringLiteral("dwelt"),
                                 QStringLiteral("stayed")};
  const double at = static_cast<double>((happening.time - Time(seconds(3600))).count()) / 1e9;
  return words.at(happening.kind) + (happening.crossed ? QStringLiteral("+crossed") : QString()) +
         (happening.timedOut ? QStringLiteral("!") : QString()) + QStringLiteral("@%1").arg(at);
}

/// Every fix inside is a stay: told only when asked for.
QString play(const PresenceRule &rule, const QString &script, bool withStays) {
  Presence presence;
  QStringList words;
  bool firstSight = true;
  for (const QString &part : script.split(u' ', Qt::SkipEmptyParts)) {
    const Moment moment = momentOf(secondsOf(part.section(u':', 0, 0)));
    const QString what = part.section(u':', 1);
    Happenings happened;
    if (what == QLatin1String("due")) {
      settle(presence, rule, moment.elapsed, happened);
    } else if (what == QLatin1String("lost")) {
      lose(presence, moment.time, happened);
    } else {
      const bool inside = what == QLatin1String("in");
      const double distance = what == QLatin1String("out") ? 1000 : what.toDouble();
      step(presence, rule, {inside, distance, std::exchange(firstSight, false)}, moment, happened);
    }
    for (const Happening &happening : happened) {
      if (withStays || happening.kind != Happening::Stayed) words << toWord(happening);
    }
  }
  return words.join(u' ');
}

void row(const char *name, const char *rule, const char *script, const char *happened) {
  QTest::newRow(name) << QString::fromLatin1(rule) << QString::fromLatin1(script) << QString::fromLatin1(happened);
}

}  // namespace

void PresenceTest::addScripts() {
  QTest::addColumn<QString>("rule");
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("happened");
}

void PresenceTest::play() {
  QFETCH(QString, rule);
  QFETCH(QString, script);
  QFETCH(QString, happened);
  QCOMPARE(presence_test::play(ruleOf(rule), script, rule.contains(QLatin1String("stays"))), happened);
}

void PresenceTest::R1_20_steps_data() {
  addScripts();
  row("in and out", "", "0:out 1:in 2:in 3:out", "entered@1 left+crossed@3");
  row("first sight inside", "", "0:in 1:out 2:in 3:out", "left@1 entered@2 left+crossed@3");
  row("outside", "", "0:out 1:0.001 2:out", "");
  row("lost inside", "", "0:out 1:in 9:lost 10:in", "entered@1 left+crossed!@9 entered@10");
  row("lost outside", "", "0:out 9:lost", "");
  row("dwell", "dwell=5", "0:out 1:in 4:in 7:in 20:in 30:out 31:in 36:due",
      "entered@1 dwelt@6 left+crossed@30 entered@31 dwelt@36");
  row("dwell at the very moment of leaving", "dwell=5", "0:out 1:in 6:out", "entered@1 dwelt@6 left+crossed@6");
  row("dwell too short", "dwell=5", "0:out 1:in 5.999:out 20:due", "entered@1 left+crossed@5.999");
  row("every fix", "stays", "0:in 0:in 1:in 2:out", "stayed@0 stayed@0 stayed@1 left@2");
}

void PresenceTest::R1_24_delays_data() {
  addScripts();
  row("entry", "entry=2", "0:out 1:in 2.9:in 3:due", "entered@3");
  row("entry, by a fix that comes late", "entry=2", "0:out 1:in 9:in", "entered@3");
  row("entry, and gone by then", "entry=2", "0:out 1:in 9:out", "entered@3 left+crossed@9");
  row("entry broken off", "entry=2", "0:out 1:in 2:out 2.5:in 4:due 4.5:due", "entered@4.5");
  row("entry broken off within the tolerance", "entry=2 tolerance=1", "0:out 1:in 2:0.5 9:due", "");
  row("lost while entering", "entry=2", "0:out 1:in 2:lost 9:due", "");
  row("exit", "exit=2", "0:in 1:out 2:out 3:due", "left@3");
  row("exit broken off", "exit=2", "0:in 1:out 2.5:in 9:due 10:out 12:due", "left@12");
  row("exit, and back by then", "exit=2", "0:in 1:out 9:in", "left@3 entered@9");
  row("lost while leaving", "exit=9", "0:in 1:out 3:lost 20:due", "left!@3");
  row("tolerance", "tolerance=2", "0:in 1:2 2:1.9 3:2.1 4:1.9 5:in", "left@3 entered@5");
  row("tolerance for ever", "tolerance=2", "0:in 1:1 999999:1 1000000:due", "");
  row("tolerance breaks the exit off", "tolerance=2 exit=3", "0:in 1:3 2:1 5:due 6:3 9:due", "left@9");
  row("dwells within the tolerance", "tolerance=2 dwell=5", "0:in 1:1 9:due", "dwelt@5");
  row("does not dwell while leaving", "exit=9 dwell=5", "0:in 4:out 6:due 13:due", "left@13");
  row("dwelt when it comes back", "exit=9 dwell=5", "0:in 4:out 6:in", "dwelt@5");
  row("dwell after the entry delay", "entry=3 dwell=1", "0:in 9:due", "dwelt@3");
  row("stays while leaving", "exit=3 stays", "0:in 1:out 2:out 4:due", "stayed@0 stayed@1 stayed@2 left@4");
  row("stays from the confirmed entry on", "entry=2 stays", "0:in 1:in 3:in", "stayed@3");
}

void PresenceTest::fenceOfOmlox_data() {
  addScripts();
  row("tolerance runs out", "tolerance=2 toleranceTimeout=5", "0:in 1:1 3:1 6:due", "left@6");
  row("inside in time", "tolerance=2 toleranceTimeout=5", "0:in 1:1 5.9:in 9:1 13:due 14:due", "left@14");
  row("farther out", "tolerance=2 toleranceTimeout=5", "0:in 1:1 3:2.1", "left@3");
  row("tolerance runs out, then the exit delay", "tolerance=2 toleranceTimeout=5 exit=2", "0:in 1:1 6:due 7:1 8:due",
      "left@8");
  row("inside during the exit delay", "tolerance=2 toleranceTimeout=5 exit=2", "0:in 1:1 6:due 7:in 20:due", "");
  row("silence", "timeout=5", "0:out 1:in 3:in 8:due", "entered@1 left+crossed!@8");
  row("silence, then the exit delay", "timeout=5 exit=2", "0:in 6:due 6.5:due 7:due", "left!@7");
  row("a fix during the exit delay", "timeout=5 exit=2", "0:in 6:in 7:due 12.9:due 13:due", "left!@13");
  row("a fix outside during the exit delay", "timeout=5 exit=2", "0:in 6:out 7:due", "left@7");
  row("silence while entering", "timeout=5 entry=9", "0:out 1:in 12:due", "");
  row("silence after a fix outside", "timeout=5 exit=9", "0:in 1:out 12:due", "left@10");
}

void PresenceTest::deadlinesAreExact() {
  const PresenceRule rule = ruleOf(QStringLiteral("entry=2 exit=3 dwell=10 tolerance=1 toleranceTimeout=4 timeout=60"));
  Presence presence;
  Happenings happened;
  const auto stepAt = [&](int at, bool inside, double distance) {
    step(presence, rule, {inside, distance, false}, momentOf(seconds(at)), happened);
    return deadlineOf(presence, rule);
  };
  QVERIFY(deadlineOf(presence, rule) == endless);
  QVERIFY(stepAt(1, true, 0) == seconds(3));
  QVERIFY(stepAt(3, true, 0) == seconds(11));
  QVERIFY(stepAt(4, false, 0.5) == seconds(8));
  QVERIFY(stepAt(5, false, 5) == seconds(8));  // the exit delay
  QVERIFY(stepAt(6, true, 0) == seconds(11));
  QVERIFY(stepAt(12, true, 0) == seconds(72));
  QVERIFY(stepAt(71, false, 9) == seconds(74));
  settle(presence, rule, seconds(74), happened);
  QVERIFY(presence == Presence());
  QVERIFY(deadlineOf(presence, PresenceRule()) == endless);
}

/// Random rules and walks: what is settled at each deadline, or only by the next fix, is the same.
void PresenceTest::lateTimersChangeNothing() {
  std::mt19937 random(20);
  const auto pick = [&](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
  const auto maybe = [&](int most) { return pick(0, 1) ? seconds(pick(1, most)) : nanoseconds(endless); };
  for (int round = 0; round < 3000; ++round) {
    PresenceRule rule{seconds(pick(0, 3)), double(pick(0, 2)), seconds(pick(0, 3)), maybe(8), maybe(6), maybe(9)};
    Presence timely, late;
    QStringList timelyWords, lateWords;
    nanoseconds now{0};
    for (int i = 0; i < 60; ++i) {
      now += std::chrono::milliseconds(pick(0, 4000));
      const Observation observation{pick(0, 1) == 0, pick(1, 30) / 10.0, i == 0};
      Happenings a, b;
      while (deadlineOf(timely, rule) <= now && deadlineOf(timely, rule) != endless) {
        settle(timely, rule, deadlineOf(timely, rule), a);
      }
      step(timely, rule, observation, momentOf(now), a);
      step(late, rule, observation, momentOf(now), b);
      for (const Happening &each : a) timelyWords << toWord(each);
      for (const Happening &each : b) lateWords << toWord(each);
      QVERIFY(timely == late);
    }
    QCOMPARE(lateWords, timelyWords);
  }
}

/// Whatever the rule: an entry follows only upon an exit, or upon a first sight outside, and the other way round.
void PresenceTest::R1_20_entersAndLeavesInTurn() {
  std::mt19937 random(21);
  const auto pick = [&](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
  int entries = 0;
  for (int round = 0; round < 2000; ++round) {
    const PresenceRule rule{seconds(pick(0, 3)), double(pick(0, 2)), seconds(pick(0, 3))};
    Presence presence;
    QString turns;
    nanoseconds now{0};
    for (int i = 0; i < 100; ++i) {
      now += std::chrono::milliseconds(pick(0, 2000));
      const Observation observation{pick(0, 1) == 0, pick(1, 30) / 10.0, i == 0};
      Happenings happened;
      step(presence, rule, observation, momentOf(now), happened);
      for (const Happening &each : happened) {
        if (each.kind == Happening::Stayed) continue;
        QCOMPARE(each.crossed, each.kind == Happening::Left && turns.endsWith(u'e'));
        turns += each.kind == Happening::Entered ? u'e' : u'l';
      }
    }
    QVERIFY2(!turns.contains(QLatin1String("ee")) && !turns.contains(QLatin1String("ll")), qPrintable(turns));
    entries += static_cast<int>(turns.count(u'e'));
  }
  QVERIFY(entries > 10'000);
}

TAGWIRE_TEST(PresenceTest)

}  // namespace presence_test

#include "presence_test.moc"
