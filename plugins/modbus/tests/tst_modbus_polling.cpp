// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "pdu.h"
#include "poller.h"
#include "reportfilter.h"

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

ModbusPoint pointAt(int address, PointType type = PointType::Uint16, Table table = Table::Holding, quint8 unit = 1,
                    std::chrono::milliseconds period = 1s) {
  ModbusPoint point;
  point.name = QStringLiteral("p%1").arg(address);
  point.unit = unit;
  point.table = table;
  point.address = static_cast<quint16>(address);
  point.format.type = type;
  point.period = period;
  return point;
}

QList<ModbusPoint> registersFrom(int address, int count) {
  QList<ModbusPoint> points;
  for (int i = 0; i < count; ++i) points.append(pointAt(address + i));
  return points;
}

/// Reads a pass as a device would that refuses `illegal`; returns the points known bad and counts requests.
QList<int> pass(Poller &poller, const QSet<int> &illegal, std::chrono::nanoseconds now, int *requests) {
  QList<int> bad;
  while (const Block *block = poller.next(now)) {
    ++*requests;
    bool refuses = false;
    for (int i = 0; i < block->count; ++i) refuses = refuses || illegal.contains(block->address + i);
    if (refuses) {
      bad += poller.refused(now);
    } else {
      poller.answered(now);
    }
  }
  return bad;
}

}  // namespace

class TestModbusPolling : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void mergesWhatTouchesAndSmallGaps() {
    const QList<ModbusPoint> points{pointAt(20), pointAt(0, PointType::Float32), pointAt(2), pointAt(7), pointAt(3)};
    const QList<Block> blocks = planBlocks(points, 3);
    QCOMPARE(blocks.size(), 2);
    QCOMPARE(blocks[0].address, 0);
    QCOMPARE(blocks[0].count, 8);
    QCOMPARE(blocks[0].parts.size(), 4);
    QCOMPARE(blocks[0].parts[0].point, 1);
    QCOMPARE(blocks[1].address, 20);
    QCOMPARE(planBlocks(points, 2).size(), 3);
    QCOMPARE(planBlocks(points, 20).size(), 1);
  }

  void groupsByUnitTableAndPeriod() {
    const QList<ModbusPoint> points{pointAt(0), pointAt(1, PointType::Uint16, Table::Input),
                                    pointAt(1, PointType::Uint16, Table::Holding, 2),
                                    pointAt(1, PointType::Uint16, Table::Holding, 1, 200ms), pointAt(1)};
    const QList<Block> blocks = planBlocks(points, 100);
    QCOMPARE(blocks.size(), 4);
    for (const Block &block : blocks) {
      for (const Block::Part &part : block.parts) {
        QCOMPARE(points[part.point].unit, block.unit);
        QCOMPARE(points[part.point].table, block.table);
        QCOMPARE(points[part.point].period, block.period);
      }
    }
  }

  void keepsTheLimitsAndNeverCutsAPoint() {
    // 63 floats take 126 registers: the last one does not fit, and may not be cut.
    QList<ModbusPoint> floats;
    for (int i = 0; i < 63; ++i) floats.append(pointAt(i * 2, PointType::Float32));
    const QList<Block> blocks = planBlocks(floats, 8);
    QCOMPARE(blocks.size(), 2);
    QCOMPARE(blocks[0].count, 124);
    QCOMPARE(blocks[1].address, 124);
    QCOMPARE(blocks[1].count, 2);

    QList<ModbusPoint> coils;
    for (int i = 0; i < 2001; ++i) coils.append(pointAt(i, PointType::Bool, Table::Coil));
    QCOMPARE(planBlocks(coils, 0).size(), 2);
    QCOMPARE(planBlocks(coils, 0).first().count, maxReadBits);
    QCOMPARE(planBlocks(registersFrom(0, 125), 0).size(), 1);
    QCOMPARE(planBlocks(registersFrom(0, 126), 0).size(), 2);
  }

  void everyPointIsInExactlyOneBlockAndWhole() {
    QList<ModbusPoint> points;
    quint32 random = 1;
    const auto next = [&](quint32 below) {
      return static_cast<int>((random = random * 1664525U + 1013904223U) >> 8) % static_cast<int>(below);
    };
    for (int i = 0; i < 2000; ++i) {
      const QList<PointType> types{PointType::Uint16, PointType::Float32, PointType::Float64};
      points.append(pointAt(next(65000), types[next(3)], next(2) == 0 ? Table::Holding : Table::Input));
    }
    QSet<int> seen;
    for (const Block &block : planBlocks(points, next(20))) {
      QVERIFY(block.count <= maxReadRegisters);
      for (const Block::Part &part : block.parts) {
        QVERIFY(!seen.contains(part.point));
        seen.insert(part.point);
        QVERIFY(part.address >= block.address && part.address + part.count <= block.address + block.count);
        QCOMPARE(part.count, points[part.point].format.size());
      }
    }
    QCOMPARE(seen.size(), points.size());
  }

  void oneBadAddressDoesNotSpoilTheOthers() {
    Poller poller(planBlocks(registersFrom(0, 100), 0));
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {37}, 0s, &requests), QList<int>{37});
    QVERIFY2(requests <= 16, qPrintable(QString::number(requests)));
    // Remembered: before the retry the bad one is left alone, the others are read.
    poller = Poller(planBlocks(registersFrom(0, 100), 0));
    poller.begin(0s);
    pass(poller, {37}, 0s, &requests);
    requests = 0;
    QCOMPARE(pass(poller, {37}, 1s - 1ms, &requests), QList<int>{});
    QCOMPARE(requests, 0);
  }

  void retriesTheWholeRarelyAndRecovers() {
    QList<ModbusPoint> points = registersFrom(0, 4);
    for (ModbusPoint &point : points) point.period = 100ms;
    Poller poller(planBlocks(points, 0));
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {0, 1, 2, 3}, 0s, &requests), (QList<int>{0, 1, 2, 3}));
    QCOMPARE(requests, 7);
    requests = 0;
    pass(poller, {0, 1, 2, 3}, 500ms, &requests);
    QCOMPARE(requests, 0);
    pass(poller, {}, 1100ms, &requests);
    QCOMPARE(requests, 1);  // whole again
    // Refused for an hour: tried ever more rarely.
    requests = 0;
    for (auto now = 1200ms; now < 3600s; now += 100ms) pass(poller, {2}, now, &requests);
    const int perPass = 35900;  // three pieces are fine and read each time
    QVERIFY2(requests < perPass * 3, qPrintable(QString::number(requests)));
    requests = 0;
    pass(poller, {}, 3661s, &requests);
    QCOMPARE(requests, 1);
  }

  void gapsThatAreRefusedAreFound() {
    QList<ModbusPoint> points{pointAt(0), pointAt(5)};
    Poller poller(planBlocks(points, 8));
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {2}, 0s, &requests), QList<int>{});
    QCOMPARE(requests, 3);
  }

  void bitsOfOneRegisterAreNotAskedForOneByOne() {
    QList<ModbusPoint> points;
    for (int i = 0; i < 16; ++i) {
      points.append(pointAt(5, PointType::Bool));
      points.last().format.bit = i;
    }
    Poller poller(planBlocks(points, 0));
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {5}, 0s, &requests).size(), 16);
    QCOMPARE(requests, 1);
  }

  void theScheduleDoesNotDriftAndSkips() {
    Poller poller(planBlocks({pointAt(0)}, 0));
    poller.begin(10s);
    QVERIFY(poller.next(10s));
    poller.answered(10s + 30ms);
    QCOMPARE(poller.due(), std::chrono::nanoseconds(11s));
    QVERIFY(!poller.next(11s - 1ns));
    QVERIFY(poller.next(11s + 7ms));
    poller.answered(11s + 400ms);
    QCOMPARE(poller.due(), std::chrono::nanoseconds(12s));
    QCOMPARE(poller.skippedCycles(), quint64(0));
    QVERIFY(poller.next(12s));
    poller.answered(15s + 100ms);  // 13, 14 and 15 went by
    QCOMPARE(poller.due(), std::chrono::nanoseconds(16s));
    QCOMPARE(poller.skippedCycles(), quint64(3));
    QCOMPARE(poller.scans(), quint64(3));
    poller.resume(100s + 500ms);  // the link was away: read at once, nothing counted
    QVERIFY(poller.next(100s + 500ms));
    poller.answered(100s + 510ms);
    QCOMPARE(poller.due(), std::chrono::nanoseconds(101s));
    QCOMPARE(poller.skippedCycles(), quint64(3));
  }

  void fastBlocksDoNotStarveSlowOnes() {
    const QList<ModbusPoint> points{pointAt(0, PointType::Uint16, Table::Holding, 1, 10ms),
                                    pointAt(0, PointType::Uint16, Table::Input, 1, 1000ms)};
    Poller poller(planBlocks(points, 0));
    poller.begin(0s);
    int slow = 0;
    auto now = std::chrono::nanoseconds(0);
    while (now < 10s) {  // each answer takes 20 ms: twice as long as the fast period
      const Block *block = poller.next(now);
      if (!block) {
        now = poller.due();
        continue;
      }
      if (block->table == Table::Input) ++slow;
      now += 20ms;
      poller.answered(now);
    }
    QVERIFY2(slow >= 9 && slow <= 11, qPrintable(QString::number(slow)));
  }

  void aSilentUnitDoesNotHoldUpTheOthers() {
    const QList<ModbusPoint> points{pointAt(0, PointType::Uint16, Table::Holding, 1),
                                    pointAt(0, PointType::Uint16, Table::Holding, 2),
                                    pointAt(0, PointType::Uint16, Table::Input, 2)};
    Poller poller(planBlocks(points, 0));
    poller.begin(0s);
    auto now = std::chrono::nanoseconds(0);
    int timeouts = 0;
    int answers = 0;
    QList<int> bad;
    while (now < 60s) {
      const Block *block = poller.next(now);
      if (!block) {
        now = poller.due();
        continue;
      }
      if (block->unit == 1) {
        now += 5ms;
        ++answers;
        poller.answered(now);
      } else {
        now += 500ms;
        ++timeouts;
        bad = poller.timedOut(now);
      }
    }
    QVERIFY2(answers >= 55, qPrintable(QString::number(answers)));
    QVERIFY2(timeouts < 60, qPrintable(QString::number(timeouts)));
    QVERIFY(bad.contains(1) && bad.contains(2) && !bad.contains(0));
  }

  void reportsByException() {
    ReportFilter filter(0.5, 60s);
    const Time start = fromMilliseconds(1000);
    const auto good = [](double value) { return Reading{value, Quality::good()}; };
    QVERIFY(filter.read(good(10), start, 0s));
    QVERIFY(!filter.read(good(10.5), start + 1s, 1s));
    const auto moved = filter.read(good(10.6), start + 2s, 2s);
    QVERIFY(moved);
    QCOMPARE(std::get<double>(moved->value), 10.6);
    QVERIFY(moved->time == start + 2s);
    QVERIFY(!filter.read(good(10.6), start + 61s, 61s));
    QVERIFY(filter.read(good(10.6), start + 62s, 62s));  // silent for 60 s
  }

  void R6_7_aBadQualityKeepsValueAndTime() {
    ReportFilter filter(0, 60s);
    const Time start = fromMilliseconds(1000);
    const auto never = filter.failed(QualityReason::NoConnection, start);
    QVERIFY(never && never->value == Value() && never->time == start);
    QVERIFY(!filter.failed(QualityReason::NoConnection, start + 1s));
    QVERIFY(filter.read({qint64(7), Quality::good()}, start + 2s, 2s));
    const auto lost = filter.failed(QualityReason::Timeout, start + 9s);
    QVERIFY(lost);
    QVERIFY(lost->value == Value(qint64(7)) && lost->time == start + 2s);
    QCOMPARE(lost->quality, Quality::bad(QualityReason::Timeout));
    // The same value again is news: its quality changed.
    const auto back = filter.read({qint64(7), Quality::good()}, start + 10s, 10s);
    QVERIFY(back && back->quality.isGood() && back->time == start + 10s);
    // Something that is no value keeps the last one too.
    const auto noValue = filter.read({{}, Quality::bad(QualityReason::OutOfRange)}, start + 11s, 11s);
    QVERIFY(noValue && noValue->value == Value(qint64(7)) && noValue->time == start + 10s);
  }
};

QTEST_GUILESS_MAIN(TestModbusPolling)
#include "tst_modbus_polling.moc"
