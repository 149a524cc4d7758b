// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "device/devicetime.h"
#include "testprogram.h"

namespace devicetime_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DeviceTimeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_6_reads_data();
  void R2_6_reads();
  void R2_6_refuses_data();
  void R2_6_refuses();
  void R2_6_theHourThatComesTwice();
};

namespace {

Result<Time> read(const char *text, const char *zone = "Asia/Kolkata", qint64 now = 1'770'733'530'000) {
  return readDeviceTime(QByteArray(text), QTimeZone(zone), fromMilliseconds(now));
}

}  // namespace

void DeviceTimeTest::R2_6_reads_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("utc");
  const auto row = [](const char *text, const char *utc) {
    QTest::newRow(text) << QByteArray(text) << QString::fromLatin1(utc);
  };
  row("2026-02-10T14:25:30.123456", "2026-02-10T08:55:30.123456000Z");
  row("2026-02-10T14:25:30", "2026-02-10T08:55:30.000000000Z");
  row("2026-02-10 14:25:30.5", "2026-02-10T08:55:30.500000000Z");
  row("2026-02-10T14:25:30Z", "2026-02-10T14:25:30.000000000Z");
  row("2026-02-10t14:25:30.123456789z", "2026-02-10T14:25:30.123456789Z");
  row("2026-02-10T14:25:30,25+00:00", "2026-02-10T14:25:30.250000000Z");
  row("2026-02-10T14:25:30+05:30", "2026-02-10T08:55:30.000000000Z");
  row("2026-02-10T14:25:30-0330", "2026-02-10T17:55:30.000000000Z");
  row("2026-02-10T14:25:30+14", "2026-02-10T00:25:30.000000000Z");
  row("2024-02-29T23:59:59.999999999Z", "2024-02-29T23:59:59.999999999Z");
}

void DeviceTimeTest::R2_6_reads() {
  QFETCH(QByteArray, text);
  QFETCH(QString, utc);
  const auto time = read(text.constData());
  QVERIFY2(time, qPrintable(time ? QString() : time.error()));
  QCOMPARE(toIso(*time, 9), utc);
}

void DeviceTimeTest::R2_6_refuses_data() {
  QTest::addColumn<QByteArray>("text");
  for (const char *text : {"",
                           "now",
                           "2026-02-10",
                           "2026-02-10T14:25",
                           "2026-02-30T14:25:30",
                           "2025-02-29T00:00:00",
                           "2026-13-01T00:00:00",
                           "2026-02-10T24:00:00",
                           "2026-02-10T14:60:00",
                           "2026-02-10T14:25:60",
                           "2026-02-10T14:25:30.",
                           "2026-02-10T14:25:30.1234567890",
                           "2026-02-10T14:25:30+",
                           "2026-02-10T14:25:30+15:00",
                           "2026-02-10T14:25:30+05:60",
                           "2026-02-10T14:25:30ZZ",
                           "2026-02-10T14:25:30 UTC",
                           "1969-12-31T23:59:59Z",
                           "2262-01-01T00:00:00Z",
                           "26-02-10T14:25:30",
                           "2026-02-10T14:25:30\n",
                           " 2026-02-10T14:25:30",
                           "-026-02-10T14:25:30",
                           "2026-2-1T1:2:3"}) {
    QTest::newRow(text) << QByteArray(text);
  }
}

void DeviceTimeTest::R2_6_refuses() {
  QFETCH(QByteArray, text);
  const auto time = read(text.constData());
  QVERIFY2(!time, qPrintable(time ? toIso(*time) : QString()));
  QVERIFY(time.error().contains(QLatin1String("allowed: ISO 8601")));
}

/// Berlin put its clocks back on 25 October 2026 at 01:00 UTC, and forward on 29 March 2026 at the same hour.
void DeviceTimeTest::R2_6_theHourThatComesTwice() {
  const qint64 before = 1'792'888'200'000;  // 00:30 UTC
  const auto first = read("2026-10-25T02:30:00", "Europe/Berlin", before);
  QVERIFY(first);
  QCOMPARE(toIso(*first, 0), QStringLiteral("2026-10-25T00:30:00Z"));
  const auto second = read("2026-10-25T02:30:00", "Europe/Berlin", before + 3'600'000);
  QVERIFY(second);
  QCOMPARE(toIso(*second, 0), QStringLiteral("2026-10-25T01:30:00Z"));
  const auto never = read("2026-03-29T02:30:00", "Europe/Berlin", before);
  QVERIFY(!never);
  QVERIFY(never.error().contains(QLatin1String("the clocks of Europe/Berlin were put forward")));
}

TAGWIRE_TEST(DeviceTimeTest)

}  // namespace devicetime_test

#include "devicetime_test.moc"
