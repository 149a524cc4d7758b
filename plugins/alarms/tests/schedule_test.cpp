// SPDX-License-Identifier: Apache-2.0
#include "schedule.h"

#include <QDateTime>
#include <QtTest>

#include "testing/testcontext.h"
#include "testprogram.h"

namespace schedule_test {

using namespace tagwire;
using namespace tagwire::alarms;

class ScheduleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_12_windows_data();
  void R3_12_windows();
  void R3_12_durationAcrossDaylightSaving_data();
  void R3_12_durationAcrossDaylightSaving();
  void R3_12_nextToDaylightSaving_data();
  void R3_12_nextToDaylightSaving();
  void R3_12_exceptions_data();
  void R3_12_exceptions();
  void dates_data();
  void dates();
  void timesOfDay_data();
  void timesOfDay();
  void unknownTimeZoneIsRefused();

 private:
  static Schedule schedule(const QString &start, const QString &end, const QString &zone,
                           const QList<Weekday> &days = {});
  static Time at(const QString &iso);
};

Schedule ScheduleTest::schedule(const QString &start, const QString &end, const QString &zone,
                                const QList<Weekday> &days) {
  Schedule made;
  made.start = *TimeOfDay::fromText(start);
  made.end = *TimeOfDay::fromText(end);
  made.timezone = *ZoneName::fromText(zone);
  made.days = days;
  return made;
}

Time ScheduleTest::at(const QString &iso) {
  const QDateTime parsed = QDateTime::fromString(iso, Qt::ISODateWithMs);
  Q_ASSERT(parsed.isValid());
  return fromMilliseconds(parsed.toMSecsSinceEpoch());
}

void ScheduleTest::R3_12_windows_data() {
  QTest::addColumn<QString>("start");
  QTest::addColumn<QString>("end");
  QTest::addColumn<QString>("zone");
  QTest::addColumn<QList<int>>("days");
  QTest::addColumn<QString>("moment");
  QTest::addColumn<bool>("inside");
  const auto row = [](const char *name, const char *start, const char *end, const char *zone, const QList<int> &days,
                      const char *moment, bool inside) {
    QTest::newRow(name) << QString::fromLatin1(start) << QString::fromLatin1(end) << QString::fromLatin1(zone) << days
                        << QString::fromLatin1(moment) << inside;
  };
  const char *india = "Asia/Kolkata", *berlin = "Europe/Berlin", *chicago = "America/Chicago";
  // The two of the specification.
  row("23:00 IST", "22:00", "06:00", india, {}, "2026-01-05T23:00:00+05:30", true);
  row("12:00 IST", "22:00", "06:00", india, {}, "2026-01-05T12:00:00+05:30", false);
  row("17:30Z", "22:00", "06:00", india, {}, "2026-01-05T17:30:00Z", true);
  row("06:30Z", "22:00", "06:00", india, {}, "2026-01-05T06:30:00Z", false);
  // Half-open.
  row("just before", "22:00", "06:00", india, {}, "2026-01-05T21:59:59.999+05:30", false);
  row("at start", "22:00", "06:00", india, {}, "2026-01-05T22:00:00+05:30", true);
  row("midnight", "22:00", "06:00", india, {}, "2026-01-06T00:00:00+05:30", true);
  row("last moment", "22:00", "06:00", india, {}, "2026-01-06T05:59:59.999+05:30", true);
  row("at end", "22:00", "06:00", india, {}, "2026-01-06T06:00:00+05:30", false);
  row("day window in", "08:00", "16:30", india, {}, "2026-01-05T16:29:59+05:30", true);
  row("day window end", "08:00", "16:30", india, {}, "2026-01-05T16:30:00+05:30", false);
  // The whole day.
  row("start is end", "07:00", "07:00", berlin, {}, "2026-01-05T03:00:00+01:00", true);
  row("start is end, day", "07:00", "07:00", berlin, {1}, "2026-01-05T23:59:00+01:00", true);
  row("start is end, other day", "07:00", "07:00", berlin, {1}, "2026-01-06T07:30:00+01:00", false);
  row("to 24:00", "16:00", "24:00", berlin, {}, "2026-01-05T23:59:59+01:00", true);
  row("to 24:00, after", "16:00", "24:00", berlin, {}, "2026-01-06T00:00:00+01:00", false);
  // 2026-01-05 is a Monday. A window belongs to the day it begins on.
  row("monday night", "22:00", "06:00", berlin, {1}, "2026-01-05T23:00:00+01:00", true);
  row("monday night's morning", "22:00", "06:00", berlin, {1}, "2026-01-06T05:00:00+01:00", true);
  row("sunday night's morning", "22:00", "06:00", berlin, {1}, "2026-01-05T05:00:00+01:00", false);
  row("tuesday night", "22:00", "06:00", berlin, {1}, "2026-01-06T23:00:00+01:00", false);
  row("day goes by the zone", "00:00", "24:00", india, {1}, "2026-01-04T20:00:00Z", true);
  // Berlin: winter time until 2026-03-29 01:00 UTC, then summer time; 02:00-03:00 does not exist that day.
  row("winter", "06:00", "07:00", berlin, {}, "2026-03-28T05:30:00Z", true);
  row("summer", "06:00", "07:00", berlin, {}, "2026-03-29T04:30:00Z", true);
  row("summer, winter's hour", "06:00", "07:00", berlin, {}, "2026-03-29T05:30:00Z", false);
  row("night before the gap", "22:00", "02:30", berlin, {}, "2026-03-29T00:59:59Z", true);
  row("night after the gap", "22:00", "02:30", berlin, {}, "2026-03-29T01:00:00Z", false);
  row("within the gap, before", "02:15", "02:45", berlin, {}, "2026-03-29T00:59:59Z", false);
  row("within the gap, after", "02:15", "02:45", berlin, {}, "2026-03-29T01:20:00Z", false);
  // Back on 2026-10-25 at 01:00 UTC; 02:00-03:00 comes twice.
  row("first 02:30", "02:00", "03:00", berlin, {}, "2026-10-25T00:30:00Z", true);
  row("second 02:30", "02:00", "03:00", berlin, {}, "2026-10-25T01:30:00Z", true);
  row("after the second", "02:00", "03:00", berlin, {}, "2026-10-25T02:00:00Z", false);
  // Chicago: 2026-03-08 08:00 UTC forward, 2026-11-01 07:00 UTC back.
  row("CST", "22:00", "06:00", chicago, {}, "2026-03-07T11:59:00Z", true);
  row("CST end", "22:00", "06:00", chicago, {}, "2026-03-07T12:00:00Z", false);
  row("CDT", "22:00", "06:00", chicago, {}, "2026-03-08T10:59:00Z", true);
  row("CDT end", "22:00", "06:00", chicago, {}, "2026-03-08T11:00:00Z", false);
  row("CST again", "22:00", "06:00", chicago, {}, "2026-11-01T11:59:00Z", true);
  row("CST again end", "22:00", "06:00", chicago, {}, "2026-11-01T12:00:00Z", false);
}

void ScheduleTest::R3_12_windows() {
  QFETCH(QString, start);
  QFETCH(QString, end);
  QFETCH(QString, zone);
  QFETCH(QList<int>, days);
  QFETCH(QString, moment);
  QFETCH(bool, inside);
  QList<Weekday> weekdays;
  for (const int day : days) weekdays << static_cast<Weekday>(day);
  QCOMPARE(schedule(start, end, zone, weekdays).contains(at(moment)), inside);
}

void ScheduleTest::R3_12_durationAcrossDaylightSaving_data() {
  QTest::addColumn<QString>("zone");
  QTest::addColumn<QString>("noon");
  QTest::addColumn<int>("minutes");
  QTest::newRow("Berlin, an hour less") << QStringLiteral("Europe/Berlin") << QStringLiteral("2026-03-28T12:00:00Z")
                                        << 420;
  QTest::newRow("Berlin, an hour more") << QStringLiteral("Europe/Berlin") << QStringLiteral("2026-10-24T12:00:00Z")
                                        << 540;
  QTest::newRow("Chicago, an hour less") << QStringLiteral("America/Chicago") << QStringLiteral("2026-03-07T18:00:00Z")
                                         << 420;
  QTest::newRow("Chicago, an hour more") << QStringLiteral("America/Chicago") << QStringLiteral("2026-10-31T18:00:00Z")
                                         << 540;
  QTest::newRow("Kolkata, never") << QStringLiteral("Asia/Kolkata") << QStringLiteral("2026-03-28T06:30:00Z") << 480;
}

/// 22:00-06:00 lasts eight hours, but for the two nights of the year.
void ScheduleTest::R3_12_durationAcrossDaylightSaving() {
  QFETCH(QString, zone);
  QFETCH(QString, noon);
  QFETCH(int, minutes);
  const Schedule night = schedule(QStringLiteral("22:00"), QStringLiteral("06:00"), zone);
  int inside = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) inside += night.contains(at(noon) + std::chrono::minutes(minute));
  QCOMPARE(inside, minutes);
}

void ScheduleTest::R3_12_nextToDaylightSaving_data() {
  QTest::addColumn<QString>("window");
  QTest::addColumn<QString>("zone");
  QTest::addColumn<QString>("from");
  QTest::addColumn<QString>("pattern");
  const auto row = [](const char *name, const char *window, const char *zone, const char *from, const char *pattern) {
    QTest::newRow(name) << QString::fromLatin1(window) << QString::fromLatin1(zone) << QString::fromLatin1(from)
                        << QString::fromLatin1(pattern);
  };
  // One letter for each half hour from 23:00Z on: 00:00 01:00 | 03:00 … in Berlin when an hour is skipped.
  const char *spring = "2026-03-28T23:00:00Z";
  row("Berlin, ends within the gap", "01:00-02:30", "Europe/Berlin", spring, "..##......");
  row("Berlin, begins within the gap", "02:30-04:00", "Europe/Berlin", spring, "....##....");
  row("Berlin, just the gap", "02:00-03:00", "Europe/Berlin", spring, "..........");
  row("Berlin, around the gap", "01:30-03:30", "Europe/Berlin", spring, "...##.....");
  row("Berlin, over midnight into the gap", "23:00-02:30", "Europe/Berlin", spring, "####......");
  // From 22:00Z on: 00:00 01:00 02:00 | 02:00 03:00 when an hour comes twice.
  const char *autumn = "2026-10-24T22:00:00Z";
  row("Berlin, ends within the repeated hour", "01:30-02:30", "Europe/Berlin", autumn, "...##.#.....");
  row("Berlin, begins within the repeated hour", "02:30-04:00", "Europe/Berlin", autumn, ".....#.###..");
  row("Berlin, around the repeated hour", "01:30-03:30", "Europe/Berlin", autumn, "...######...");
  row("Berlin, the repeated hour", "02:00-03:00", "Europe/Berlin", autumn, "....####....");
  // Chicago, from 00:00 local on.
  row("Chicago, ends within the gap", "01:00-02:30", "America/Chicago", "2026-03-08T06:00:00Z", "..##......");
  row("Chicago, begins within the gap", "02:30-04:00", "America/Chicago", "2026-03-08T06:00:00Z", "....##....");
  row("Chicago, the repeated hour", "01:00-02:00", "America/Chicago", "2026-11-01T05:00:00Z", "..####....");
  row("Chicago, ends within the repeated hour", "00:30-01:30", "America/Chicago", "2026-11-01T05:00:00Z", ".##.#.....");
  row("Kolkata has none", "02:00-03:00", "Asia/Kolkata", "2026-03-28T18:30:00Z", "....##....");
}

void ScheduleTest::R3_12_nextToDaylightSaving() {
  QFETCH(QString, window);
  QFETCH(QString, zone);
  QFETCH(QString, from);
  QFETCH(QString, pattern);
  const Schedule made = schedule(window.section(u'-', 0, 0), window.section(u'-', 1), zone);
  QString seen;
  for (int half = 0; half < pattern.size(); ++half) {
    const Time begin = at(from) + std::chrono::minutes(30 * half);
    const bool inside = made.contains(begin);
    seen += inside ? u'#' : u'.';
    QCOMPARE(made.contains(begin + std::chrono::minutes(30) - std::chrono::milliseconds(1)), inside);
  }
  QCOMPARE(seen, pattern);
}

void ScheduleTest::R3_12_exceptions_data() {
  QTest::addColumn<QString>("moment");
  QTest::addColumn<bool>("inside");
  const auto row = [](const char *moment, bool inside) {
    QTest::newRow(moment) << QString::fromLatin1(moment) << inside;
  };
  // 22:00-06:00 in Berlin, not on 2026-12-24/2026-12-26 and 2027-01-01. A window counts by the day it begins on.
  row("2026-12-23T23:00:00+01:00", true);
  row("2026-12-24T05:00:00+01:00", true);
  row("2026-12-24T23:00:00+01:00", false);
  row("2026-12-25T05:00:00+01:00", false);
  row("2026-12-26T22:00:00+01:00", false);
  row("2026-12-27T05:59:00+01:00", false);
  row("2026-12-27T22:00:00+01:00", true);
  row("2026-12-31T22:00:00+01:00", true);
  row("2027-01-01T05:00:00+01:00", true);
  row("2027-01-01T22:00:00+01:00", false);
  row("2027-01-02T05:00:00+01:00", false);
  row("2027-01-02T22:00:00+01:00", true);
  // The date is the zone's, not UTC's.
  row("2026-12-23T22:30:00Z", true);
  row("2027-01-01T22:30:00Z", false);
}

void ScheduleTest::R3_12_exceptions() {
  QFETCH(QString, moment);
  QFETCH(bool, inside);
  Schedule made = schedule(QStringLiteral("22:00"), QStringLiteral("06:00"), QStringLiteral("Europe/Berlin"));
  made.exceptions << *DateRange::fromText(QStringLiteral("2026-12-24/2026-12-26"))
                  << *DateRange::fromText(QStringLiteral("2027-01-01"));
  QCOMPARE(made.contains(at(moment)), inside);
}

void ScheduleTest::dates_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("written");
  const auto good = [](const char *text, const char *written) {
    QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(written);
  };
  good("2026-12-25", "2026-12-25");
  good("2028-02-29", "2028-02-29");
  good("2026-12-24/2027-01-02", "2026-12-24/2027-01-02");
  good("2026-12-24/2026-12-24", "2026-12-24");
  for (const char *bad : {"2026-02-29", "2026-13-01", "2026-1-1", "25.12.2026", "2026-12-25/", "/2026-12-25", "",
                          "2027-01-02/2026-12-24", "2026-12-25 ", "2026-12-24/2026-12-25/2026-12-26"}) {
    QTest::newRow(bad) << QString::fromLatin1(bad) << QString();
  }
}

void ScheduleTest::dates() {
  QFETCH(QString, text);
  QFETCH(QString, written);
  const auto range = DateRange::fromText(text);
  QCOMPARE(range ? range->toText() : QString(), written);
  if (!range) QVERIFY2(range.error().contains(QLatin1String("allowed: ")), qPrintable(range.error()));
}

void ScheduleTest::timesOfDay_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<int>("minutes");
  QTest::newRow("midnight") << QStringLiteral("00:00") << 0;
  QTest::newRow("evening") << QStringLiteral("23:59") << 1439;
  QTest::newRow("end of day") << QStringLiteral("24:00") << 1440;
  for (const char *bad : {"24:01", "25:00", "12:60", "7:00", "07:00:00", "", "noon", "-1:00", "07:00 ", "٠٧:٠٠"}) {
    QTest::newRow(bad) << QString::fromUtf8(bad) << -1;
  }
}

void ScheduleTest::timesOfDay() {
  QFETCH(QString, text);
  QFETCH(int, minutes);
  const auto parsed = TimeOfDay::fromText(text);
  QCOMPARE(parsed ? parsed->minutes : -1, minutes);
  if (parsed) QCOMPARE(parsed->toText(), text);
  if (!parsed) QVERIFY2(parsed.error().contains(QLatin1String("allowed: HH:MM")), qPrintable(parsed.error()));
}

void ScheduleTest::unknownTimeZoneIsRefused() {
  QVERIFY(ZoneName::fromText(QStringLiteral("Asia/Kolkata")));
  for (const char *bad : {"Asia/Kolkatta", "Mars/Phobos", "", "local", "../../etc/passwd"}) {
    const auto zone = ZoneName::fromText(QString::fromLatin1(bad));
    QVERIFY2(!zone, bad);
    QVERIFY(zone.error().contains(QLatin1String("unknown time zone")));
  }
  QVERIFY(ZoneName::fromText(QStringLiteral("Asia/Kolkatta")).error().contains(QLatin1String("did you mean")));
}

TAGWIRE_TEST(ScheduleTest)

}  // namespace schedule_test

#include "schedule_test.moc"
