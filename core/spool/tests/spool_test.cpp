// SPDX-License-Identifier: Apache-2.0
#include <QRandomGenerator>

#include <cmath>
#include <thread>

#include "spool/checksum.h"
#include "spoolcase.h"
#include "testprogram.h"

namespace spool_test {

using namespace tagwire;
using namespace tagwire::spool;

/// The spool as its two sides see it.
class SpoolTest : public QObject {
  Q_OBJECT

  static Value place() {
    Fix fix;
    fix.tag = QStringLiteral("SIM1");
    fix.type = QStringLiteral("Sim");
    fix.gateway = QStringLiteral("gw ü");
    fix.confidence = 71.5;
    fix.battery = 80;
    fix.sequence = 12;
    fix.zone = -3;
    fix.accuracy = 0.25;
    fix.origin = QStringLiteral("site2");
    return Position{1.5, -2.5, 1e300, std::make_shared<Fix>(fix)};
  }

 private Q_SLOTS:
  void checksumIsTheStandardOne() {
    const QByteArray digits("123456789");
    QCOMPARE(checksum(0, digits.constData(), 9), 0xe3069283U);
    QCOMPARE(checksumByTable(0, digits.constData(), 9), 0xe3069283U);
    const QByteArray zeros(32, '\0');
    QCOMPARE(checksum(0, zeros.constData(), 32), 0x8a9136aaU);
    const quint32 half = checksum(0, digits.constData(), 4);
    QCOMPARE(checksum(half, digits.constData() + 4, 5), 0xe3069283U);
    QCOMPARE(checksumByTable(checksumByTable(0, digits.constData(), 4), digits.constData() + 4, 5), 0xe3069283U);
  }

  void valuesOfEveryKindComeBack_data() {
    QTest::addColumn<Value>("value");
    QTest::newRow("none") << Value();
    QTest::newRow("true") << Value(true);
    QTest::newRow("false") << Value(false);
    QTest::newRow("smallest integer") << Value(std::numeric_limits<qint64>::min());
    QTest::newRow("largest integer") << Value(std::numeric_limits<qint64>::max());
    QTest::newRow("double") << Value(0.1);
    QTest::newRow("infinite") << Value(-std::numeric_limits<double>::infinity());
    QTest::newRow("smallest double") << Value(std::numeric_limits<double>::denorm_min());
    QTest::newRow("text") << Value(QStringLiteral("Läuft \U0001F600"));
    QTest::newRow("empty text") << Value(QString());
    QTest::newRow("text with zeros") << Value(QString(3, QChar()));
    QTest::newRow("longest text") << Value(QString(longestText, u'ß'));
    QTest::newRow("position") << place();
    QTest::newRow("position without fix") << Value(Position{1, 2, 3, nullptr});
  }
  void valuesOfEveryKindComeBack() {
    QFETCH(Value, value);
    SpoolCase its;
    Spool &spool = its.open();
    StoredSample sample = spoolSample(spool.keyOf(spoolPoint(QStringLiteral("a"))), 0);
    sample.value = value;
    for (const bool isHistorical : {false, true}) {
      sample.isHistorical = isHistorical;
      sample.quality = isHistorical ? Quality::bad(QualityReason::Timeout) : Quality::good();
      // Sooner and much later than its own time.
      sample.received = isHistorical ? Time(std::chrono::nanoseconds(-5)) : sample.time + std::chrono::hours(24 * 365);
      spool.add(sample);
    }
    QVERIFY(spool.commit());
    for (const bool isReopened : {false, true}) {
      Spool &again = isReopened ? its.open() : spool;
      const SpoolBatch batch = again.readOldest(Stream::Telemetry, 10);
      QCOMPARE(batch.samples.size(), 2U);
      for (size_t i = 0; i < 2; ++i) {
        const StoredSample &read = batch.samples[i];
        QVERIFY(isSameValue(read.value, value));
        QCOMPARE(read.sequence, i);
        QCOMPARE(read.time, sample.time);
        QCOMPARE(read.isHistorical, i == 1);
        QCOMPARE(read.quality, i == 1 ? Quality::bad(QualityReason::Timeout) : Quality::good());
        QVERIFY(*again.point(read.point) == spoolPoint(QStringLiteral("a")));
      }
      QCOMPARE(batch.samples[1].received, Time(std::chrono::nanoseconds(-5)));
      QCOMPARE(batch.samples[0].received, sample.time + std::chrono::hours(24 * 365));
    }
  }
  void whatTextCannotHoldIsReplacedOrCut() {
    SpoolCase its;
    Spool &spool = its.open();
    StoredSample sample = spoolSample(spool.keyOf(spoolPoint(QStringLiteral("a"))), 0);
    sample.value = QString(longestText + 1, u'x');
    spool.add(sample);
    sample.value = std::numeric_limits<double>::quiet_NaN();
    spool.add(sample);
    sample.value = QString(QChar(0xd800)) + u'y';
    spool.add(sample);
    QVERIFY(spool.commit());
    const SpoolBatch batch = spool.readOldest(Stream::Telemetry, 10);
    QCOMPARE(batch.samples.size(), 3U);
    QCOMPARE(std::get<QString>(batch.samples[0].value), QString(longestText, u'x'));
    QVERIFY(std::isnan(std::get<double>(batch.samples[1].value)));
    QCOMPARE(std::get<QString>(batch.samples[2].value), QString(QChar(0xfffd)) + u'y');
  }
  void eventsComeBack() {
    SpoolCase its;
    Spool &spool = its.open();
    for (int i = 0; i < 5; ++i) spool.add(spoolEvent(i));
    QVERIFY(spool.readOldest(Stream::Events, 10).range.isEmpty());
    QVERIFY(spool.commit());
    const SpoolBatch batch = spool.readOldest(Stream::Events, 3);
    QCOMPARE(batch.range, (SpoolRange{spool.boot(), Stream::Events, 0, 3}));
    for (qint64 i = 0; i < 3; ++i) {
      StoredEvent expected = spoolEvent(i);
      expected.sequence = static_cast<quint64>(i);
      QVERIFY(batch.events[static_cast<size_t>(i)] == expected);
    }
    QVERIFY(spool.readOldest(Stream::Telemetry, 10).range.isEmpty());
  }

  void theFolderIsPrivateAndLocked() {
    SpoolCase its;
    its.open();
    const QString id = its.spool->id();
    QCOMPARE(id.size(), 32);
    QCOMPARE(QFileInfo(its.settings.folder).permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::ExeOther),
             QFile::Permissions());
    Spool other(its.settings);
    const auto opened = other.open();
    QVERIFY(!opened);
    QVERIFY2(opened.error().contains(QStringLiteral("in use")), qUtf8Printable(opened.error()));
    QCOMPARE(its.open().id(), id);
  }
  void aFolderThatCannotBeMadeIsAnErrorAndMayBeTriedAgain() {
    SpoolCase its;
    QFile file(its.folder.filePath(QStringLiteral("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    its.settings.folder = file.fileName() + QStringLiteral("/spool");
    Spool spool(its.settings);
    QVERIFY(!spool.open());
    QVERIFY(!spool.commit());
    file.remove();
    QVERIFY(spool.open());
  }

  void twoBootsAreReadOneAfterTheOther() {
    SpoolCase its;
    quint64 boots[2] = {};
    PointKey keys[2] = {};
    for (int boot = 0; boot < 2; ++boot) {
      Spool &spool = its.open();
      boots[boot] = spool.boot();
      keys[boot] = spool.keyOf(spoolPoint(QStringLiteral("a")));
      for (qint64 i = 0; i < 100; ++i) spool.add(spoolSample(keys[boot], boot * 100 + i));
      QVERIFY(spool.commit());
    }
    QVERIFY(boots[0] != boots[1]);
    QCOMPARE(keys[0], keys[1]);
    Spool &spool = its.open();
    QCOMPARE(spool.boots().size(), 3);
    QCOMPARE(spool.figures(Stream::Telemetry).accepted, 200);
    const SpoolBatch first = spool.readOldest(Stream::Telemetry, 1000);
    QCOMPARE(first.range, (SpoolRange{boots[0], Stream::Telemetry, 0, 100}));
    const QList<qint64> indexes = drainIndexes(spool, 30);
    QCOMPARE(indexes.size(), 200);
    QVERIFY(std::is_sorted(indexes.begin(), indexes.end()));
    QCOMPARE(spool.boots(), QList<quint64>{spool.boot()});
    QCOMPARE(its.segments(), QStringList());
    QCOMPARE(spool.figures(Stream::Telemetry).delivered, 200);
  }
  void liveRecordsAreReadBeforeABacklog() {
    SpoolCase its;
    Spool &before = its.open();
    const PointKey key = before.keyOf(spoolPoint(QStringLiteral("a")));
    for (qint64 i = 0; i < 50; ++i) before.add(spoolSample(key, i));
    QVERIFY(before.commit());
    Spool &spool = its.open();
    for (qint64 i = 50; i < 60; ++i) spool.add(spoolSample(key, i));
    QVERIFY(spool.commit());
    const quint64 live = spool.end(Stream::Telemetry);
    QCOMPARE(live, 10U);
    for (qint64 i = 60; i < 80; ++i) spool.add(spoolSample(key, i));
    QVERIFY(spool.commit());
    const SpoolBatch now = spool.readFrom(Stream::Telemetry, live, 100);
    QCOMPARE(now.range, (SpoolRange{spool.boot(), Stream::Telemetry, 10, 30}));
    spool.delivered(now.range);
    QVERIFY(spool.readFrom(Stream::Telemetry, live, 100).range.isEmpty());
    QCOMPARE(drainIndexes(spool, 7).size(), 60);
    QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    QCOMPARE(spool.figures(Stream::Telemetry).waiting, 0);
    its.close();
    QCOMPARE(its.segments(), QStringList());
  }
  void whatTheStoreHasIsNotReadAgain() {
    SpoolCase its;
    Spool &before = its.open();
    const PointKey key = before.keyOf(spoolPoint(QStringLiteral("a")));
    for (qint64 i = 0; i < 100; ++i) before.add(spoolSample(key, i));
    QVERIFY(before.commit());
    const quint64 boot = before.boot();
    Spool &spool = its.open();
    spool.restoreDelivered({{boot, Stream::Telemetry, 0, 10},
                            {boot, Stream::Telemetry, 20, 30},
                            {boot, Stream::Events, 0, 1000},
                            {12345, Stream::Telemetry, 0, 5}});
    QCOMPARE(spool.figures(Stream::Telemetry).delivered, 20);
    QCOMPARE(spool.readOldest(Stream::Telemetry, 100).range, (SpoolRange{boot, Stream::Telemetry, 10, 20}));
    const QList<qint64> indexes = drainIndexes(spool);
    QCOMPARE(indexes.size(), 80);
    QCOMPARE(indexes.first(), 10);
    QCOMPARE(indexes.last(), 99);
    QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    QCOMPARE(its.segments(), QStringList());
  }
  void whatIsKnownOfAPointMayChange() {
    SpoolCase its;
    StoredPoint point = spoolPoint(QStringLiteral("a"));
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(point);
    QCOMPARE(key, 1U);
    QCOMPARE(spool.keyOf(spoolPoint(QStringLiteral("b"))), 2U);
    spool.add(spoolSample(key, 0));
    QVERIFY(spool.commit());
    point.unit = QStringLiteral("K");
    QCOMPARE(spool.keyOf(point), key);
    spool.add(spoolSample(key, 1));
    QVERIFY(spool.commit());
    QCOMPARE(spool.point(key)->unit, QStringLiteral("K"));
    its.close();
    QVERIFY(QFile::remove(its.path(QStringLiteral("points.log"))));
    Spool &again = its.open();
    QCOMPARE(again.point(key)->unit, QStringLiteral("K"));
    QCOMPARE(again.keyOf(point), key);
    QVERIFY(again.keyOf(spoolPoint(QStringLiteral("c"))) > key);
  }
  void twoThreadsWorkAtOnce() {
    SpoolCase its;
    its.settings.segmentBytes = 64 * 1024;
    Spool &spool = its.open();
    constexpr qint64 count = 100'000;
    bool isGood = true;
    std::thread adding([&] {
      const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
      for (qint64 i = 0; i < count; ++i) {
        spool.add(spoolSample(key, i));
        if (i % 100 == 99) isGood = spool.commit().has_value() && isGood;
        if (i % 1000 == 0) isGood = isBalanced(spool.figures(Stream::Telemetry)) && isGood;
      }
    });
    QList<qint64> indexes;
    while (indexes.size() < count) {
      indexes << drainIndexes(spool, 777);
      QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    }
    adding.join();
    QVERIFY(isGood);
    for (qint64 i = 0; i < count; ++i) QCOMPARE(indexes[i], i);
    QCOMPARE(spool.figures(Stream::Telemetry).delivered, count);
    QVERIFY(its.segments().size() <= 1);
  }
};

TAGWIRE_TEST(SpoolTest)

}  // namespace spool_test

#include "spool_test.moc"
