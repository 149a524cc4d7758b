// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "arbiter.h"
#include "pdu.h"
#include "reportfilter.h"
#include "testprogram.h"

namespace tst_modbus_polling {

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

constexpr double tcpCost = 500;

QList<Block> plan(const QList<ModbusPoint> &points, int maxGap) { return planBlocks(points, maxGap, tcpCost); }

Poller pollerOf(const QList<ModbusPoint> &points, int maxGap = 0, const Poller::Settings &settings = {}) {
  return Poller(plan(points, maxGap), settings);
}

/// Reads a pass as a device would that refuses `illegal`; returns the points known bad and counts requests.
QList<int> pass(Poller &poller, const QSet<int> &illegal, std::chrono::nanoseconds now, int *requests) {
  QList<int> bad;
  while (const auto poll = poller.next(now, Scope::All)) {
    ++*requests;
    bool refuses = false;
    for (int i = 0; i < poll->block.count; ++i) refuses = refuses || illegal.contains(poll->block.address + i);
    if (refuses) {
      bad += poller.refused(*poll, now);
    } else {
      poller.answered(*poll, now, 1ms);
    }
  }
  return bad;
}

/// What a device does with a request: how long it takes, and whether it answers.
struct Treatment {
  std::chrono::nanoseconds takes{5ms};
  bool answers = true;
};

/// Runs a poller against units on one connection; returns the requests by unit.
QMap<int, int> run(Poller &poller, std::chrono::nanoseconds until,
                   const std::function<Treatment(const Poller::Poll &)> &treat) {
  QMap<int, int> requests;
  auto now = std::chrono::nanoseconds(0);
  while (now < until) {
    const auto poll = poller.next(now, Scope::All);
    if (!poll) {
      now = poller.due(Scope::All);
      continue;
    }
    ++requests[poll->block.unit];
    const Treatment treatment = treat(*poll);
    now += treatment.answers ? treatment.takes : std::chrono::nanoseconds(poll->timeout);
    if (treatment.answers) {
      poller.answered(*poll, now, treatment.takes);
    } else {
      poller.unanswered(*poll, now);
    }
  }
  return requests;
}

}  // namespace

class TestModbusPolling : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void mergesWhatTouchesAndSmallGaps() {
    const QList<ModbusPoint> points{pointAt(20), pointAt(0, PointType::Float32), pointAt(2), pointAt(7), pointAt(3)};
    const QList<Block> blocks = plan(points, 3);
    QCOMPARE(blocks.size(), 2);
    QCOMPARE(blocks[0].address, 0);
    QCOMPARE(blocks[0].count, 8);
    QCOMPARE(blocks[0].parts.size(), 4);
    QCOMPARE(blocks[0].parts[0].point, 1);
    QCOMPARE(blocks[1].address, 20);
    QCOMPARE(plan(points, 2).size(), 3);
    QCOMPARE(plan(points, 20).size(), 1);
  }

  void groupsByUnitTableAndPeriod() {
    const QList<ModbusPoint> points{pointAt(0), pointAt(1, PointType::Uint16, Table::Input),
                                    pointAt(1, PointType::Uint16, Table::Holding, 2),
                                    pointAt(1, PointType::Uint16, Table::Holding, 1, 200ms), pointAt(1)};
    const QList<Block> blocks = plan(points, 100);
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
    const QList<Block> blocks = plan(floats, 8);
    QCOMPARE(blocks.size(), 2);
    QCOMPARE(blocks[0].count, 124);
    QCOMPARE(blocks[1].address, 124);
    QCOMPARE(blocks[1].count, 2);

    QList<ModbusPoint> coils;
    for (int i = 0; i < 2001; ++i) coils.append(pointAt(i, PointType::Bool, Table::Coil));
    QCOMPARE(plan(coils, 0).size(), 2);
    QCOMPARE(plan(coils, 0).first().count, maxReadBits);
    QCOMPARE(plan(registersFrom(0, 125), 0).size(), 1);
    QCOMPARE(plan(registersFrom(0, 126), 0).size(), 2);
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
    for (const Block &block : plan(points, next(20))) {
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
    Poller poller = pollerOf(registersFrom(0, 100));
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {37}, 0s, &requests), QList<int>{37});
    QVERIFY2(requests <= 16, qPrintable(QString::number(requests)));
    // Remembered: before the retry the bad one is left alone, the others are read.
    poller = pollerOf(registersFrom(0, 100));
    poller.begin(0s);
    pass(poller, {37}, 0s, &requests);
    requests = 0;
    QCOMPARE(pass(poller, {37}, 1s - 1ms, &requests), QList<int>{});
    QCOMPARE(requests, 0);
  }

  void retriesTheWholeRarelyAndRecovers() {
    QList<ModbusPoint> points = registersFrom(0, 4);
    for (ModbusPoint &point : points) point.period = 100ms;
    Poller poller = pollerOf(points);
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {0, 1, 2, 3}, 0s, &requests), (QList<int>{0, 1, 2, 3}));
    QCOMPARE(requests, 7);
    requests = 0;
    pass(poller, {0, 1, 2, 3}, 500ms, &requests);
    QCOMPARE(requests, 0);
    pass(poller, {}, 1100ms, &requests);
    QCOMPARE(requests, 1);  // whole again
    // Refused for an hour: tried ever more rarely, and what is fine is read in no more pieces than it needs.
    requests = 0;
    int passes = 0;
    for (auto now = 1200ms; now < 3600s; now += 100ms, ++passes) pass(poller, {2}, now, &requests);
    QVERIFY2(requests < passes * 2 + 100, qPrintable(QString::number(requests)));
    requests = 0;
    pass(poller, {}, 3901s, &requests);
    QCOMPARE(requests, 1);
  }

  void whatIsFineIsReadInOnePieceAgain() {
    QList<ModbusPoint> points = registersFrom(0, 100);
    for (ModbusPoint &point : points) point.period = 100ms;
    Poller poller = pollerOf(points);
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {37, 80}, 0s, &requests), (QList<int>{37, 80}));
    requests = 0;
    QCOMPARE(pass(poller, {37, 80}, 100ms, &requests), QList<int>());
    QCOMPARE(requests, 3);  // 0 to 36, 38 to 79, 81 to 99
    // The retry asks for the whole, then for each refused one alone.
    requests = 0;
    QCOMPARE(pass(poller, {37, 80}, 1000ms, &requests), (QList<int>{37, 80}));
    QCOMPARE(requests, 1 + 3 + 2);
    // One of them is there now.
    requests = 0;
    QCOMPARE(pass(poller, {80}, 4000ms, &requests), QList<int>{80});
    requests = 0;
    pass(poller, {80}, 4100ms, &requests);
    QCOMPARE(requests, 2);
  }

  void gapsThatAreRefusedAreFound() {
    QList<ModbusPoint> points{pointAt(0), pointAt(5)};
    Poller poller = pollerOf(points, 8);
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {2}, 0s, &requests), QList<int>{});
    QCOMPARE(requests, 3);
    // Both points are fine; only the gap between them is not read over any more.
    requests = 0;
    QCOMPARE(pass(poller, {2}, 0s + 999ms, &requests), QList<int>{});
    QCOMPARE(requests, 0);
    poller.resume(2s - 1ms);
    poller = pollerOf({pointAt(0, PointType::Uint16, Table::Holding, 1, 100ms),
                       pointAt(5, PointType::Uint16, Table::Holding, 1, 100ms),
                       pointAt(6, PointType::Uint16, Table::Holding, 1, 100ms),
                       pointAt(7, PointType::Uint16, Table::Holding, 1, 100ms)},
                      8);
    poller.begin(0s);
    pass(poller, {2}, 0s, &requests);
    requests = 0;
    QCOMPARE(pass(poller, {2}, 100ms, &requests), QList<int>{});
    QCOMPARE(requests, 2);
  }

  void bitsOfOneRegisterAreNotAskedForOneByOne() {
    QList<ModbusPoint> points;
    for (int i = 0; i < 16; ++i) {
      points.append(pointAt(5, PointType::Bool));
      points.last().format.bit = i;
    }
    Poller poller = pollerOf(points);
    poller.begin(0s);
    int requests = 0;
    QCOMPARE(pass(poller, {5}, 0s, &requests).size(), 16);
    QCOMPARE(requests, 1);
  }

  void theScheduleDoesNotDriftAndSkips() {
    Poller poller = pollerOf({pointAt(0)});
    poller.begin(10s);
    const auto read = [&](std::chrono::nanoseconds at, std::chrono::nanoseconds answeredAt) {
      const auto poll = poller.next(at, Scope::All);
      if (poll) poller.answered(*poll, answeredAt, answeredAt - at);
      return poll.has_value();
    };
    QVERIFY(read(10s, 10s + 30ms));
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(11s));
    QVERIFY(!read(11s - 1ns, 11s));
    QVERIFY(read(11s + 7ms, 11s + 400ms));
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(12s));
    QCOMPARE(poller.skippedCycles(), quint64(0));
    QVERIFY(read(12s, 15s + 100ms));  // 13, 14 and 15 went by
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(16s));
    QCOMPARE(poller.skippedCycles(), quint64(3));
    QCOMPARE(poller.scans(), quint64(3));
    poller.resume(100s + 500ms);  // the link was away: read at once, nothing counted
    QVERIFY(read(100s + 500ms, 100s + 510ms));
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(101s));
    QCOMPARE(poller.skippedCycles(), quint64(3));
    // Ahead of its schedule, which stays as it is.
    poller.resume(100s + 600ms);
    QVERIFY(read(100s + 600ms, 100s + 610ms));
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(101s));
  }

  void differentBlocksMayBeUnderWayAtOnce() {
    Poller poller = pollerOf({pointAt(0), pointAt(100), pointAt(200)});
    poller.begin(0s);
    const auto first = poller.next(0s, Scope::All);
    const auto second = poller.next(0s, Scope::All);
    const auto third = poller.next(0s, Scope::All);
    QVERIFY(first && second && third);
    QVERIFY(!poller.next(0s, Scope::All));
    poller.answered(*third, 1ms, 1ms);
    poller.interrupted(*first, 1ms);
    const auto again = poller.next(1ms, Scope::All);
    QVERIFY(again);
    QCOMPARE(again->block.address, first->block.address);
    poller.answered(*second, 1ms, 1ms);
    poller.answered(*again, 2ms, 1ms);
    QCOMPARE(poller.due(Scope::All), std::chrono::nanoseconds(1s));
  }

  void fastBlocksDoNotStarveSlowOnes() {
    const QList<ModbusPoint> points{pointAt(0, PointType::Uint16, Table::Holding, 1, 10ms),
                                    pointAt(0, PointType::Uint16, Table::Input, 1, 1000ms)};
    Poller poller = pollerOf(points);
    poller.begin(0s);
    int slow = 0;
    // Each answer takes 20 ms: twice as long as the fast period.
    run(poller, 10s, [&](const Poller::Poll &poll) {
      if (poll.block.table == Table::Input) ++slow;
      return Treatment{20ms, true};
    });
    QVERIFY2(slow >= 9 && slow <= 11, qPrintable(QString::number(slow)));
  }

  void aBlockInManyPiecesDoesNotHoldUpTheOthers() {
    QList<ModbusPoint> points = registersFrom(0, 100);
    points.append(pointAt(0, PointType::Uint16, Table::Input, 1, 100ms));
    Poller poller = pollerOf(points);
    poller.begin(0s);
    auto now = std::chrono::nanoseconds(0);
    auto readLast = now;
    while (now < 2s) {
      const auto poll = poller.next(now, Scope::All);
      if (!poll) {
        now = poller.due(Scope::All);
        continue;
      }
      now += 10ms;
      if (poll->block.table == Table::Holding) {  // all of it is refused: 199 requests
        poller.refused(*poll, now);
        continue;
      }
      poller.answered(*poll, now, 10ms);
      QVERIFY(now - readLast <= 120ms);
      readLast = now;
    }
  }

  void aSilentUnitIsProbedAndHeals() {
    const QList<ModbusPoint> points{pointAt(0, PointType::Uint16, Table::Holding, 1),
                                    pointAt(0, PointType::Uint16, Table::Holding, 2),
                                    pointAt(0, PointType::Uint16, Table::Input, 2, 60s)};
    Poller::Settings settings;
    settings.units.usual.timeout = 500ms;
    Poller poller = pollerOf(points, 0, settings);
    poller.begin(0s);
    QList<int> bad;
    auto now = std::chrono::nanoseconds(0);
    auto healed = std::chrono::nanoseconds(0);
    QMap<int, int> answers;
    while (now < 80s) {
      const auto poll = poller.next(now, Scope::All);
      if (!poll) {
        now = poller.due(Scope::All);
        continue;
      }
      const bool isAlive = poll->block.unit == 1 || now >= 60s + 1ms;
      now += isAlive ? std::chrono::nanoseconds(5ms) : std::chrono::nanoseconds(poll->timeout);
      if (isAlive) {
        poller.answered(*poll, now, 5ms);
        if (poll->block.unit == 2 && !poll->isProbe && ++answers[static_cast<int>(poll->block.table)] == 1)
          healed = now;
      } else {
        bad = poller.unanswered(*poll, now);
        QVERIFY(!bad.contains(0));
      }
    }
    QCOMPARE(QSet<int>(bad.begin(), bad.end()), (QSet<int>{1, 2}));
    // Both tables of the unit are back within the time-out and 2 s, also the one that is read every minute.
    QCOMPARE(answers.size(), 2);
    QVERIFY2(healed - 60s <= 2500ms, qPrintable(QString::number(healed.count())));
  }

  void aDeadUnitCostsAnOverloadedLineUnderFivePercent_data() {
    QTest::addColumn<int>("timeoutMs");
    QTest::newRow("100 ms") << 100;
    QTest::newRow("1 s") << 1000;
    QTest::newRow("5 s") << 5000;
  }
  void aDeadUnitCostsAnOverloadedLineUnderFivePercent() {
    QFETCH(int, timeoutMs);
    // Five units are always due; the sixth is dead. The line has the Arbiter's rule for who is aside.
    QList<ModbusPoint> points;
    for (quint8 unit = 1; unit <= 6; ++unit) points.append(pointAt(0, PointType::Uint16, Table::Holding, unit, 10ms));
    Poller::Settings settings;
    settings.isLine = true;
    settings.units.usual.timeout = std::chrono::milliseconds(timeoutMs);
    Poller poller = pollerOf(points, 0, settings);
    poller.begin(0s);
    auto now = std::chrono::nanoseconds(0);
    auto lostTime = std::chrono::nanoseconds(0);
    auto asideFrom = std::chrono::nanoseconds::min();
    while (now < 6100s) {
      const auto poll = poller.next(now, now >= asideFrom ? Scope::All : Scope::Healthy);
      QVERIFY(poll);
      const bool isDead = poll->block.unit == 6;
      const auto takes = isDead ? std::chrono::nanoseconds(poll->timeout) : std::chrono::nanoseconds(10ms);
      now += takes;
      if (isDead) {
        if (now >= 100s) lostTime += takes;  // found dead by then
        if (poll->isAside) asideFrom = now + Arbiter::asideRest * takes;
        poller.unanswered(*poll, now);
      } else {
        poller.answered(*poll, now, takes);
      }
    }
    QVERIFY2(lostTime < 300s, qPrintable(QString::number(lostTime.count() / 1'000'000)));
  }

  void aSlowUnitIsPutAside() {
    QList<ModbusPoint> points;
    for (quint8 unit = 1; unit <= 3; ++unit) points.append(pointAt(0, PointType::Uint16, Table::Holding, unit, 100ms));
    Poller poller = pollerOf(points);
    poller.begin(0s);
    run(poller, 5s, [](const Poller::Poll &poll) { return Treatment{poll.block.unit == 3 ? 400ms : 5ms, true}; });
    QVERIFY(poller.due(Scope::Aside) != std::chrono::nanoseconds::max());
    QVERIFY(poller.asideTime() >= 390ms);
    for (int i = 0; i < 100; ++i) {
      const auto poll = poller.next(10s, Scope::Healthy);
      if (!poll) break;
      QVERIFY(poll->block.unit != 3);
      poller.answered(*poll, 10s, 5ms);
    }
    // Quick again, it is one of the others again.
    for (int i = 0; i < 40; ++i) {
      const auto now = 11s + i * 100ms;
      while (const auto poll = poller.next(now, Scope::All)) poller.answered(*poll, now, 5ms);
    }
    QCOMPARE(poller.due(Scope::Aside), std::chrono::nanoseconds::max());
  }

  void aUnitAloneIsNeverSlow() {
    Poller poller = pollerOf({pointAt(0)});
    poller.begin(0s);
    run(poller, 10s, [](const Poller::Poll &) { return Treatment{900ms, true}; });
    QCOMPARE(poller.due(Scope::Aside), std::chrono::nanoseconds::max());
  }

  void onALineTheProbeCanNotBeMistaken() {
    QList<ModbusPoint> points = registersFrom(10, 2);
    points.append(pointAt(100, PointType::Float32));
    points.append(pointAt(200));
    Poller::Settings settings;
    settings.isLine = true;
    Poller poller = pollerOf(points, 0, settings);
    poller.begin(0s);
    const auto first = poller.next(0s, Scope::All);
    QCOMPARE(poller.unanswered(*first, 1s).size(), first->block.parts.size());  // one failure: not yet all of the unit
    const auto probe = poller.next(1s, Scope::All);
    QVERIFY(probe && probe->isProbe);
    QVERIFY(probe->block.count != 1 && probe->block.count != 2);
    QVERIFY(!poller.next(1s, Scope::All));  // nothing else of this unit meanwhile
    poller.answered(*probe, 1s, 5ms);
    const auto trial = poller.next(1s, Scope::All);
    QVERIFY(trial && !trial->isProbe);
    QVERIFY(!poller.next(1s, Scope::All));  // one decides
    poller.answered(*trial, 1s, 5ms);
    QVERIFY(poller.next(1s, Scope::All));
    QVERIFY(poller.next(1s, Scope::All));
  }

  void tellsWhatIsStaleOnce() {
    Poller poller = pollerOf({pointAt(0), pointAt(0, PointType::Uint16, Table::Input, 1, 60s)});
    poller.begin(0s);
    while (const auto poll = poller.next(0s, Scope::All)) poller.answered(*poll, 0s, 1ms);
    QCOMPARE(poller.stale(3s), QList<int>());
    QCOMPARE(poller.stale(4s), QList<int>{0});  // three periods and the time-out
    QCOMPARE(poller.stale(5s), QList<int>());
    const auto poll = poller.next(6s, Scope::All);
    poller.answered(*poll, 6s, 1ms);
    QCOMPARE(poller.stale(7s), QList<int>());
  }

  void aGapIsReadAlongWhenThatIsCheaper() {
    Endpoint slowLine;
    slowLine.transport = Transport::Serial;
    slowLine.baud = 9600;
    Endpoint fastLine = slowLine;
    fastLine.baud = 115200;
    const auto blocks = [](int gap, const Endpoint &endpoint) {
      return planBlocks({pointAt(0), pointAt(1 + gap)}, 120, requestCost(endpoint)).size();
    };
    // 9600 baud: 1.15 ms a character; a request of its own costs 13 + 7 characters and 5 ms, that is 24.
    QCOMPARE(blocks(12, slowLine), 1);
    QCOMPARE(blocks(13, slowLine), 2);
    QCOMPARE(blocks(35, fastLine), 1);
    QCOMPARE(blocks(40, fastLine), 2);
    QCOMPARE(blocks(120, Endpoint()), 1);
    // Bits are cheap: eight in a byte.
    const QList<ModbusPoint> coils{pointAt(0, PointType::Bool, Table::Coil),
                                   pointAt(101, PointType::Bool, Table::Coil)};
    QCOMPARE(planBlocks(coils, 120, requestCost(slowLine)).size(), 1);
  }

  void thePlanIsTheCheapestThereIs() {
    // Against trying every way to cut, for small lists.
    quint32 random = 7;
    const auto next = [&](quint32 below) { return ((random = random * 1664525U + 1013904223U) >> 8) % below; };
    for (int round = 0; round < 200; ++round) {
      QList<ModbusPoint> points;
      int address = 0;
      for (quint32 i = 0; i < 3 + next(7); ++i) {
        const PointType type = next(2) == 0 ? PointType::Uint16 : PointType::Float32;
        points.append(pointAt(address, type));
        address += points.last().format.size() + static_cast<int>(next(12));
      }
      UnitBook units;
      units.usual.maxRegisters = 10;
      const double cost = 1 + next(30);
      double best = std::numeric_limits<double>::infinity();
      for (int cuts = 0; cuts < 1 << (points.size() - 1); ++cuts) {
        double total = 0;
        bool isAllowed = true;
        for (qsizetype first = 0; first < points.size();) {
          qsizetype last = first;
          while (last < points.size() - 1 && (cuts & (1 << last)) == 0) ++last;
          const int size = points[last].address + points[last].format.size() - points[first].address;
          isAllowed = isAllowed && size <= 10;
          for (qsizetype i = first; i < last; ++i) {
            const int gap = points[i + 1].address - points[i].address - points[i].format.size();
            isAllowed = isAllowed && gap <= 8;
          }
          total += cost + size * 2;
          first = last + 1;
        }
        if (isAllowed) best = std::min(best, total);
      }
      double found = 0;
      for (const Block &block : planBlocks(points, 8, cost, units)) {
        QVERIFY(block.count <= 10);
        found += cost + block.count * 2;
      }
      QCOMPARE(found, best);
    }
  }

  void unitsHaveTheirOwnLimits() {
    QList<ModbusPoint> points = registersFrom(0, 100);
    for (int i = 0; i < 100; ++i) points.append(pointAt(i, PointType::Uint16, Table::Holding, 2));
    UnitBook units;
    units.particular[2].maxRegisters = 10;
    const QList<Block> blocks = planBlocks(points, 0, tcpCost, units);
    QCOMPARE(blocks.size(), 1 + 10);
    points[0].isEnabled = false;
    QCOMPARE(planBlocks(points, 0, tcpCost, units).first().address, 1);
  }

  void reportsByException() {
    ReportFilter filter;
    ModbusPoint point = pointAt(0);
    point.deadband = 0.5;
    const Time start = fromMilliseconds(1000);
    const auto good = [](double value) { return Reading{value, Quality::good()}; };
    QVERIFY(filter.read(good(10), point, start, 0s));
    QVERIFY(!filter.read(good(10.5), point, start + 1s, 1s));
    const auto moved = filter.read(good(10.6), point, start + 2s, 2s);
    QVERIFY(moved);
    QCOMPARE(std::get<double>(moved->value), 10.6);
    QVERIFY(moved->time == start + 2s);
    QVERIFY(!filter.read(good(10.6), point, start + 61s, 61s));
    QVERIFY(filter.read(good(10.6), point, start + 62s, 62s));  // silent for 60 s
  }

  void R6_7_whatIsStaleIsUncertainWithItsOldTime() {
    ReportFilter filter;
    const ModbusPoint point = pointAt(0);
    const Time start = fromMilliseconds(1000);
    QVERIFY(!filter.stale());
    QVERIFY(filter.read({qint64(7), Quality::good()}, point, start, 0s));
    const auto stale = filter.stale();
    QVERIFY(stale && stale->value == Value(qint64(7)) && stale->time == start);
    QCOMPARE(stale->quality, Quality::uncertain(QualityReason::Stale));
    QVERIFY(!filter.stale());
    const auto again = filter.read({qint64(7), Quality::good()}, point, start + 9s, 9s);
    QVERIFY(again && again->quality.isGood() && again->time == start + 9s);
    filter.failed(QualityReason::Timeout, start + 10s);
    QVERIFY(!filter.stale());
  }

  void R6_7_aBadQualityKeepsValueAndTime() {
    ReportFilter filter;
    const ModbusPoint point = pointAt(0);
    const Time start = fromMilliseconds(1000);
    const auto never = filter.failed(QualityReason::NoConnection, start);
    QVERIFY(never && never->value == Value() && never->time == start);
    QVERIFY(!filter.failed(QualityReason::NoConnection, start + 1s));
    QVERIFY(filter.read({qint64(7), Quality::good()}, point, start + 2s, 2s));
    const auto lost = filter.failed(QualityReason::Timeout, start + 9s);
    QVERIFY(lost);
    QVERIFY(lost->value == Value(qint64(7)) && lost->time == start + 2s);
    QCOMPARE(lost->quality, Quality::bad(QualityReason::Timeout));
    // The same value again is news: its quality changed.
    const auto back = filter.read({qint64(7), Quality::good()}, point, start + 10s, 10s);
    QVERIFY(back && back->quality.isGood() && back->time == start + 10s);
    // Something that is no value keeps the last one too.
    const auto noValue = filter.read({{}, Quality::bad(QualityReason::OutOfRange)}, point, start + 11s, 11s);
    QVERIFY(noValue && noValue->value == Value(qint64(7)) && noValue->time == start + 10s);
  }
};

TAGWIRE_TEST(TestModbusPolling)

}  // namespace tst_modbus_polling

#include "tst_modbus_polling.moc"
