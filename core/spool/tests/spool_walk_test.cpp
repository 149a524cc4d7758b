// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <random>

#include "spool/sequenceset.h"
#include "spoolcase.h"
#include "testprogram.h"

namespace spool_walk_test {

using namespace tagwire;
using namespace tagwire::spool;

namespace {

/// What a spool should hold, kept as plainly as can be: one entry for each record.
struct Model {
  struct Record {
    qint64 index = 0;
    bool isDelivered = false;
  };
  using Boot = std::vector<Record>;

  std::vector<std::pair<quint64, Boot>> boots;  ///< the last is the current one; its size is the next sequence
  std::vector<qint64> pending;
  SpoolFigures figures;  ///< since open()

  Boot &of(quint64 boot) {
    return std::find_if(boots.begin(), boots.end(), [boot](auto &each) { return each.first == boot; })->second;
  }
  void commit() {
    for (const qint64 index : pending) boots.back().second.push_back({index});
    figures.accepted += static_cast<qint64>(pending.size());
    pending.clear();
  }
  /// First undelivered sequence of the oldest boot that has one, or of the last boot from `from` on.
  std::optional<std::pair<quint64, quint64>> due(std::optional<quint64> from) const {
    for (const auto &[boot, records] : boots) {
      if (from && boot != boots.back().first) continue;
      for (quint64 i = from.value_or(0); i < records.size(); ++i) {
        if (!records[i].isDelivered) return std::pair(boot, i);
      }
    }
    return {};
  }
  void deliver(const SpoolRange &range) {
    Boot &records = of(range.boot);
    for (quint64 i = range.first; i < range.next; ++i) {
      if (records[i].isDelivered) continue;
      records[i].isDelivered = true;
      ++figures.delivered;
    }
  }
};

/// A spool and its model, side by side.
class Walk {
 public:
  explicit Walk(unsigned seed) : m_random(seed) {
    its.settings.isSync = seed % 2 == 1;
    its.settings.segmentBytes = 16 * 1024;
    reopen();
  }

  void step() {
    const unsigned choice = below(100);
    if (choice < 40) {
      add();
    } else if (choice < 60) {
      QVERIFY(its.spool->commit());
      m_model.commit();
    } else if (choice < 90) {
      read(choice < 70);
    } else if (choice < 93) {
      reopen();
    }
  }
  void check() {
    const SpoolFigures figures = its.spool->figures(Stream::Telemetry);
    QCOMPARE(figures.accepted, m_model.figures.accepted);
    QCOMPARE(figures.delivered, m_model.figures.delivered);
    QCOMPARE(figures.damaged + figures.overflowed + figures.thinned + figures.refused, 0);
    qint64 waiting = 0;
    for (const auto &[boot, records] : m_model.boots) {
      waiting += std::count_if(records.begin(), records.end(), [](auto &each) { return !each.isDelivered; });
    }
    QCOMPARE(figures.waiting, waiting);
  }

  SpoolCase its;

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

  void add() {
    for (unsigned i = below(200); i > 0; --i) {
      its.spool->add(spoolSample(m_key, m_next));
      m_model.pending.push_back(m_next++);
    }
  }
  void read(bool isLive) {
    Spool &spool = *its.spool;
    const quint64 end = spool.end(Stream::Telemetry);
    const auto from = isLive ? std::optional<quint64>(end - std::min<quint64>(end, below(300))) : std::nullopt;
    const auto most = static_cast<qsizetype>(1 + below(300));
    const SpoolBatch batch =
        isLive ? spool.readFrom(Stream::Telemetry, *from, most) : spool.readOldest(Stream::Telemetry, most);
    const auto due = m_model.due(from);
    QCOMPARE(!batch.range.isEmpty(), due.has_value());
    if (!due) return;
    QCOMPARE(batch.range.boot, due->first);
    QCOMPARE(batch.range.first, due->second);
    QCOMPARE(batch.samples.size(), batch.range.next - batch.range.first);
    const Model::Boot &records = m_model.of(due->first);
    for (const StoredSample &sample : batch.samples) {
      QVERIFY(!records[sample.sequence].isDelivered);
      QCOMPARE(sample.time, spoolSample(0, records[sample.sequence].index).time);
    }
    // A part, as of a batch that was refused; sometimes nothing at all.
    SpoolRange part = batch.range;
    if (below(4) == 0) part.next = part.first + below(static_cast<unsigned>(part.next - part.first + 1));
    if (below(6) == 0 || part.isEmpty()) return;
    spool.delivered(part);
    m_model.deliver(part);
  }
  /// What was never committed is gone then; what was delivered is known to the store.
  void reopen() {
    Spool &spool = its.open();
    m_model.pending.clear();
    QList<SpoolRange> delivered;
    std::erase_if(m_model.boots, [&](auto &each) { return !spool.boots().contains(each.first); });
    for (const auto &[boot, records] : m_model.boots) {
      for (quint64 i = 0; i < records.size(); ++i) {
        if (records[i].isDelivered) delivered << SpoolRange{boot, Stream::Telemetry, i, i + 1};
      }
    }
    spool.restoreDelivered(delivered);
    m_model.boots.push_back({spool.boot(), {}});
    m_key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    // Of segments that went for good it knows nothing any more; what waits is compared all the same.
    m_model.figures = {};
    m_model.figures.accepted = spool.figures(Stream::Telemetry).accepted;
    m_model.figures.delivered = spool.figures(Stream::Telemetry).delivered;
  }

  Model m_model;
  std::mt19937 m_random;
  qint64 m_next = 0;
  PointKey m_key = 0;
};

}  // namespace

/// Random work, held against a model after every step.
class SpoolWalkTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void setsOfSequencesAreSets() {
    std::mt19937 random(7);
    SequenceSet set;
    SequenceSet other;
    std::vector<bool> plain(200);
    std::vector<bool> plainOther(200);
    for (int step = 0; step < 5000; ++step) {
      const quint64 first = random() % 200;
      const quint64 next = first + random() % (201 - first);
      const auto fill = [&](std::vector<bool> &to, bool is) {
        for (quint64 i = first; i < next; ++i) to[i] = is;
      };
      switch (random() % 5) {
        case 0:
          set.add(first, next);
          fill(plain, true);
          break;
        case 1:
          set.remove(first, next);
          fill(plain, false);
          break;
        case 2:
          other = {};
          other.add(first, next);
          std::fill(plainOther.begin(), plainOther.end(), false);
          fill(plainOther, true);
          break;
        default:
          set.addWithout(first, next, other);
          for (quint64 i = first; i < next; ++i) plain[i] = plain[i] || !plainOther[i];
      }
      quint64 missing = first;
      while (missing < 200 && plain[missing]) ++missing;
      quint64 present = first;
      while (present < 200 && !plain[present]) ++present;
      QCOMPARE(set.firstMissing(first), missing);
      QCOMPARE(set.firstPresent(first, 200), present);
      QCOMPARE(set.count(first, next),
               static_cast<quint64>(std::count(plain.begin() + static_cast<qptrdiff>(first),
                                               plain.begin() + static_cast<qptrdiff>(next), true)));
      for (const auto &[begin, end] : set.intervals()) QVERIFY(begin < end && !(end < 200 && plain[end]));
    }
  }

  void everyStepIsAsTheModelSays_data() {
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 20; ++seed) QTest::addRow("%u", seed) << seed;
  }
  void everyStepIsAsTheModelSays() {
    QFETCH(unsigned, seed);
    Walk walk(seed);
    for (int step = 0; step < 400; ++step) {
      walk.step();
      walk.check();
      if (QTest::currentTestFailed()) return;
    }
    QVERIFY(walk.its.spool->commit());
    drainIndexes(*walk.its.spool);
    QCOMPARE(walk.its.spool->figures(Stream::Telemetry).waiting, 0);
    walk.its.close();
    QCOMPARE(walk.its.segments(), QStringList());
  }

  void theLedgerHoldsWhateverHappens_data() {
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 20; ++seed) QTest::addRow("%u", seed) << seed;
  }
  /// Too little room, thinning, files that vanish, restarts, reading in between: each record has exactly one fate.
  void theLedgerHoldsWhateverHappens() {
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    SpoolCase its;
    its.settings.mostBytes = 400 * 1024;
    its.settings.overflow = seed % 2 == 0 ? SpoolSettings::Overflow::Thin : SpoolSettings::Overflow::DropOldest;
    its.open();
    qint64 next = 0;
    std::map<quint64, qint64> seen;  // by index: how often it was delivered
    std::vector<SpoolBatch> unfinished;
    QList<SpoolRange> stored;
    for (int step = 0; step < 300; ++step) {
      Spool &spool = *its.spool;
      const unsigned choice = random() % 100;
      if (choice < 60) {
        const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("p%1").arg(random() % 3)));
        for (unsigned i = random() % 1000; i > 0; --i) spool.add(spoolSample(key, 50 * next++));
        QVERIFY(spool.commit());
      } else if (choice < 75) {
        SpoolBatch batch = spool.readOldest(Stream::Telemetry, 1 + random() % 500);
        if (!batch.range.isEmpty()) unfinished.assign(1, std::move(batch));
      } else if (choice < 95 && !unfinished.empty()) {
        spool.delivered(unfinished.back().range);
        stored << unfinished.back().range;
        for (const StoredSample &sample : unfinished.back().samples) {
          QCOMPARE(++seen[static_cast<quint64>(sample.time.time_since_epoch().count())], 1);
        }
        unfinished.clear();
      } else if (choice < 98) {
        const QStringList files = its.segments();
        if (!files.isEmpty()) QVERIFY(QFile::remove(its.path(files[random() % files.size()])));
      } else {
        unfinished.clear();
        its.open().restoreDelivered(stored);
      }
      const SpoolFigures figures = its.spool->figures(Stream::Telemetry);
      QVERIFY(isBalanced(figures));
      QVERIFY(figures.bytes <= its.settings.mostBytes);
    }
    const SpoolFigures before = its.spool->figures(Stream::Telemetry);
    const qint64 read = drainIndexes(*its.spool).size();
    const SpoolFigures figures = its.spool->figures(Stream::Telemetry);
    QCOMPARE(figures.waiting, 0);
    QCOMPARE(figures.delivered - before.delivered, read);
    QCOMPARE(figures.damaged - before.damaged, before.waiting - read);
  }
};

TAGWIRE_TEST(SpoolWalkTest)

}  // namespace spool_walk_test

#include "spool_walk_test.moc"
