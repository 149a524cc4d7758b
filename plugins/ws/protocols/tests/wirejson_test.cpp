// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <limits>

#include "protocols/replayring.h"
#include "protocols/wirejson.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace wirejson_test {

using namespace tagwire;
using namespace tagwire::ws;

class WireJsonTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R6_7_numbersThatAreNone();
  void textsAreEscaped();
  void timesAgreeWithTheCore_data();
  void timesAgreeWithTheCore();
  void R3_4_rangeRulesHaveFourThresholds();
  void R6_3_ringIsBoundedByBytesAndAge();
  void frameHeads();
  void R1_11_accuracyIsSaidWhenKnown();
};

void WireJsonTest::R6_7_numbersThatAreNone() {
  JsonText json;
  json.beginList();
  json.number(std::numeric_limits<double>::quiet_NaN());
  json.number(std::numeric_limits<double>::infinity());
  json.value(Value(-std::numeric_limits<double>::infinity()));
  json.value(Value());
  json.value(Value(std::numeric_limits<qint64>::max()));
  json.value(Value(81.2));
  json.value(Value(true));
  json.endList();
  QCOMPARE(json.bytes(), QByteArray("[null,null,null,null,9223372036854775807,81.2,true]"));
}

void WireJsonTest::R1_11_accuracyIsSaidWhenKnown() {
  const auto written = [](double accuracy) {
    auto fix = std::make_shared<Fix>();
    fix->tag = QStringLiteral("A");
    fix->accuracy = accuracy;
    const Sample sample{PointId::None, Quality::good(), fromMilliseconds(0), Position{1, 2, 3, std::move(fix)}};
    JsonText json;
    json.beginObject();
    putFix(json, "\"A\"", sample);
    json.endObject();
    return json.bytes();
  };
  QCOMPARE(written(0.25),
           QByteArray("{\"ID\":\"A\",\"TS\":\"1970-01-01T00:00:00.000Z\",\"X\":1.0,\"Y\":2.0,\"Z\":3.0,\"Acc\":0.25}"));
  QVERIFY(!written(std::numeric_limits<double>::quiet_NaN()).contains("Acc"));
}

void WireJsonTest::textsAreEscaped() {
  const QString hostile = QStringLiteral("a\"b\\c\n") + QChar(0) + QChar(0x1b) + QStringLiteral("é") + QChar(0xd800);
  const QByteArray json = jsonString(hostile);
  for (const char byte : json) QVERIFY(static_cast<unsigned char>(byte) >= 0x20);
  const QJsonArray back = QJsonDocument::fromJson('[' + json + ']').array();
  QCOMPARE(back.size(), 1);
  QVERIFY(back[0].toString().startsWith(hostile.chopped(1)));
}

void WireJsonTest::timesAgreeWithTheCore_data() {
  QTest::addColumn<qint64>("milliseconds");
  QTest::newRow("epoch") << qint64(0);
  QTest::newRow("before") << qint64(-1);
  QTest::newRow("now") << qint64(1'767'225'600'123);
  QTest::newRow("leap day") << qint64(1'709'210'096'789);
  QTest::newRow("far") << qint64(7'258'118'400'000);
}

void WireJsonTest::timesAgreeWithTheCore() {
  QFETCH(qint64, milliseconds);
  const Time time = fromMilliseconds(milliseconds) + std::chrono::nanoseconds(456'789);
  JsonText json;
  json.beginList();
  json.time(time);
  json.time(time, 6, "+00:00");
  json.endList();
  const QString iso = toIso(time, 6).chopped(1) + QStringLiteral("+00:00");
  QCOMPARE(QString::fromUtf8(json.bytes()), QStringLiteral("[\"%1\",\"%2\"]").arg(toIso(time), iso));
}

void WireJsonTest::R3_4_rangeRulesHaveFourThresholds() {
  AlarmTransition alarm = alarmOf(5, AlarmState::Alarm, AlarmState::Ok);
  alarm.comparison = QStringLiteral("outside_range");
  alarm.warningThreshold.reset();
  alarm.alarmThreshold.reset();
  alarm.alarmThresholdLow = -5;
  alarm.alarmThresholdHigh = 5;
  JsonText json;
  json.beginObject();
  putAlarm(json, alarm, Time());
  json.endObject();
  const QJsonObject object = QJsonDocument::fromJson(json.bytes()).object();
  QVERIFY(object.value(QStringLiteral("warning_threshold")).isNull());
  QVERIFY(object.value(QStringLiteral("alarm_threshold")).isNull());
  QCOMPARE(object.value(QStringLiteral("alarm_threshold_low")).toDouble(), -5);
  QCOMPARE(object.value(QStringLiteral("alarm_threshold_high")).toDouble(), 5);
  QVERIFY(object.value(QStringLiteral("warning_threshold_low")).isNull());
  QVERIFY(object.contains(QStringLiteral("warning_threshold_high")));
}

void WireJsonTest::R6_3_ringIsBoundedByBytesAndAge() {
  using namespace std::chrono_literals;
  ReplayRing ring(10, 100'000, 60s);
  QVERIFY(ring.covers(10));
  QVERIFY(!ring.covers(9));
  const Samples batch(100, Sample{});
  for (quint64 number = 11; number <= 1000; ++number) {
    ring.add(number, 0s, batch);
    QVERIFY(ring.bytes() <= 100'000);
  }
  QVERIFY(ring.covers(999));
  QVERIFY(!ring.covers(11));
  QCOMPARE(ring.after(998)->sequence, quint64(999));
  QVERIFY(ring.after(1000) == ring.end());
  ring.add(1001, 50s, Event());
  ring.dropOld(61s);
  QVERIFY(ring.covers(1000));
  QVERIFY(!ring.covers(999));
  ring.dropOld(111s);
  QVERIFY(!ring.covers(1000));
  QVERIFY(ring.covers(1001));
  QCOMPARE(ring.bytes(), qsizetype(0));
}

void WireJsonTest::frameHeads() {
  for (const int size : {0, 125, 126, 65535, 65536}) {
    const QByteArray text(size, 'x');
    QCOMPARE(RecordingSession::payload(Frame::text(text)), text);
  }
}

TAGWIRE_TEST(WireJsonTest)

}  // namespace wirejson_test

#include "wirejson_test.moc"
