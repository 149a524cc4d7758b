// SPDX-License-Identifier: Apache-2.0
#include "value.h"

#include <QJsonObject>
#include <QTest>

#include <cmath>

#include "event.h"
#include "pointtable.h"
#include "quality.h"
#include "testprogram.h"
#include "timestamp.h"

namespace value_test {

using namespace tagwire;

class ValueTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void convertsWithoutLossOnly() {
    QCOMPARE(std::get<bool>(*convertTo(Value(qint64(1)), ValueType::Bool)), true);
    QCOMPARE(std::get<qint64>(*convertTo(Value(3.0), ValueType::Int)), 3);
    QCOMPARE(std::get<double>(*convertTo(Value(true), ValueType::Double)), 1.0);
    QVERIFY(!convertTo(Value(qint64(2)), ValueType::Bool));
    QVERIFY(!convertTo(Value(3.5), ValueType::Int));
    QVERIFY(!convertTo(Value(std::nan("")), ValueType::Int));
    QVERIFY(!convertTo(Value(1e30), ValueType::Int));
    QVERIFY(!convertTo(Value(QStringLiteral("3")), ValueType::Int));
    QVERIFY(!convertTo(Value(qint64(3)), ValueType::Text));
  }
  void refusalNamesBothSides() {
    const auto refused = convertTo(Value(QStringLiteral("on")), ValueType::Bool);
    QCOMPARE(refused.error(), QStringLiteral("text \"on\" can't be taken as bool"));
  }
  void R6_7_nanAndInfAreNull() {
    QVERIFY(toJson(Value(std::nan(""))).isNull());
    QVERIFY(toJson(Value(std::numeric_limits<double>::infinity())).isNull());
    QVERIFY(toJson(Value()).isNull());
  }
  void jsonIntegersStayWhole() {
    const auto parsed = valueFromJson(QJsonValue(qint64(9007199254740993)));
    QCOMPARE(std::get<qint64>(*parsed), 9007199254740993);
    QCOMPARE(typeOf(*valueFromJson(QJsonValue(2.5))), ValueType::Double);
    QVERIFY(!valueFromJson(QJsonValue(QJsonObject())));
    QVERIFY(!valueFromJson(QJsonValue()));
  }
  void timesAreExactToTheNanosecond() {
    const Time time = fromMilliseconds(1'739'197'530'123) + std::chrono::nanoseconds(456'789);
    QCOMPARE(toIso(time), QStringLiteral("2025-02-10T14:25:30.123Z"));
    QCOMPARE(toIso(time, 9), QStringLiteral("2025-02-10T14:25:30.123456789Z"));
    QCOMPARE(toIso(fromMilliseconds(-1)), QStringLiteral("1969-12-31T23:59:59.999Z"));
    QCOMPARE(toIso(fromMilliseconds(0), 0), QStringLiteral("1970-01-01T00:00:00Z"));
  }
  void timesComeFromText_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("time");
    const auto row = [](const char *text, const char *time) {
      QTest::newRow(*text ? text : "nothing") << QString::fromLatin1(text) << QString::fromLatin1(time);
    };
    row("2026-12-31T18:00:00Z", "2026-12-31T18:00:00.000Z");
    row("2026-12-31T18:00:00.123Z", "2026-12-31T18:00:00.123Z");
    row("2026-12-31T18:00:00+05:30", "2026-12-31T12:30:00.000Z");
    row("2026-12-31", "2026-12-31T00:00:00.000Z");
    row("1970-01-01", "1970-01-01T00:00:00.000Z");
    row("2261-12-31T23:59:59Z", "2261-12-31T23:59:59.000Z");
    for (const char *none : {"", "tomorrow", "2026-12-31T18:00:00", "2026-02-30", "2026-12-31 ", "1969-12-31",
                             "2262-01-01", "9999-12-31T00:00:00Z", "2026-12-31T25:00:00Z", "20261231", "2026-12-3x"}) {
      row(none, "");
    }
  }
  void timesComeFromText() {
    QFETCH(QString, text);
    QFETCH(QString, time);
    const auto read = fromIso(text);
    QCOMPARE(read ? toIso(*read) : QString(), time);
  }
  void R6_7_qualityTexts() {
    QCOMPARE(toText(Quality::good()), QStringLiteral("good"));
    QCOMPARE(toText(Quality::bad(QualityReason::NoConnection)), QStringLiteral("bad:no_connection"));
    QCOMPARE(toText(Quality::uncertain(QualityReason::Stale)), QStringLiteral("uncertain:stale"));
  }
  void everyQualityReasonHasAName() {
    for (int i = 1; i <= static_cast<int>(QualityReason::Removed); ++i) {
      QVERIFY(toText(static_cast<QualityReason>(i)).size() > 0);
    }
  }
  void customEventKeepsItsJson() {
    Event event;
    event.body = CustomEvent{QStringLiteral("vendor.thing"), "{\"a\":[1,2]}"};
    const QJsonObject json = toJson(event, PointTable());
    QCOMPARE(json.value(QLatin1String("type")).toString(), QStringLiteral("vendor.thing"));
    QCOMPARE(json.value(QLatin1String("json")).toObject().size(), 1);
  }
};

TAGWIRE_TEST(ValueTest)

}  // namespace value_test

#include "value_test.moc"
