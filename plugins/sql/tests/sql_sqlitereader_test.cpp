// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <random>

#include "sqlitereadercase.h"
#include "testprogram.h"

namespace sql_sqlitereader_test {

using namespace tagwire;
using namespace tagwire::sql;

/// What the reader says of values against what was given to the store.
class SqlSqliteReaderTest : public QObject, private SqliteReaderCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { prepare(); }
  void cleanup() { end(); }

  void pointsAreFoundByNameAndByTag() {
    const PointKey b = m_fixture->add("plc1/b", ValueType::Bool, "");
    const PointKey a = m_fixture->add("plc1/a", ValueType::Double, "bar");
    const PointKey tag = m_fixture->add("rtls/tags/SIM1", ValueType::Position, "ft", "SIM1");
    QVERIFY(write({StoreFixture::sample(b, moment, true), StoreFixture::sample(a, moment, 1.0),
                   StoreFixture::sample(tag, moment, {})}));
    QVERIFY(begin().has_value());
    const auto found = m_reader->point(QStringLiteral("plc1/a"));
    QVERIFY(found && *found);
    const HistoryPoint expected{QStringLiteral("plc1/a"), ValueType::Double, QStringLiteral("bar"), {}};
    QVERIFY((*found)->point == expected);
    QVERIFY(!m_reader->point(QStringLiteral("plc1/c")).value().has_value());
    const auto ofTag = m_reader->pointsOfTag(QStringLiteral("SIM1")).value();
    QCOMPARE(ofTag.size(), 1);
    QCOMPARE(ofTag.first().point.name, QStringLiteral("rtls/tags/SIM1"));
    QVERIFY(m_reader->pointsOfTag({}).value().isEmpty());
    QStringList names;
    const auto take = [&](const PointRow &row) {
      names << row.point.name;
      return names.size() < 2;
    };
    QVERIFY(m_reader->points({}, take).has_value());
    QCOMPARE(names, QStringList({QStringLiteral("plc1/a"), QStringLiteral("plc1/b")}));
    names.clear();
    QVERIFY(m_reader->points(QStringLiteral("plc1/b"), take).has_value());
    QCOMPARE(names, QStringList(QStringLiteral("rtls/tags/SIM1")));
  }

  void everyTypeComesBackAsItWas() {
    auto fix = std::make_shared<Fix>();
    fix->tag = QStringLiteral("SIM1");
    fix->gateway = QStringLiteral("GW-3");
    fix->battery = 50;
    fix->accuracy = 0.25;
    const std::pair<const char *, Value> cases[] = {{"bool", true},
                                                    {"int", qint64(9'007'199'254'740'993)},
                                                    {"double", 0.1},
                                                    {"text", QStringLiteral("Läuft")},
                                                    {"position", Position{1, 2.5, -3, fix}}};
    const ValueType types[] = {ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Text,
                               ValueType::Position};
    std::vector<StoredSample> samples;
    for (size_t i = 0; i < std::size(cases); ++i) {
      samples.push_back(StoreFixture::sample(m_fixture->add(cases[i].first, types[i]), moment, cases[i].second,
                                             Quality::uncertain(QualityReason::Stale)));
      samples.back().isHistorical = i % 2 == 0;
    }
    QVERIFY(write(samples));
    for (const bool isSettled : {false, true}) {
      if (isSettled) QVERIFY(settle());
      QVERIFY(begin().has_value());
      for (size_t i = 0; i < std::size(cases); ++i) {
        const qint64 point = rowOf(cases[i].first);
        QVERIFY(m_reader->loadNewest({point}).has_value());
        const auto found = values(point, farPast, farFuture);
        QCOMPARE(found.size(), size_t(1));
        if (types[i] == ValueType::Position) {
          const auto &position = std::get<Position>(found[0].value);
          QCOMPARE(position.y, 2.5);
          QCOMPARE(position.fix->tag, fix->tag);
          QCOMPARE(position.fix->gateway, fix->gateway);
          QCOMPARE(position.fix->battery, 50);
          QCOMPARE(position.fix->accuracy, 0.25);
          QCOMPARE(position.fix->sequence, -1);
          QVERIFY(std::isnan(position.fix->confidence));
        } else {
          QVERIFY2(found[0] == shown(samples[i]), cases[i].first);
        }
        m_reader->end();
        QVERIFY(begin().has_value());
      }
    }
  }

  /// Runs that overlap, late data, equal times, newest rows: forwards, backwards, any range, the last before.
  void anyRangeIsWhatWasStored_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 15; ++seed) QTest::addRow("seed %d", seed) << seed;
  }
  void anyRangeIsWhatWasStored() {
    QFETCH(int, seed);
    std::mt19937 random(static_cast<quint32>(seed));
    const auto upTo = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
    const PointKey keys[] = {m_fixture->add("a"), m_fixture->add("b"), m_fixture->add("c")};
    std::multimap<Time, StoredSample> expected[3];  // equal times stay in the order of storing
    for (int slice = 0; slice < 6; ++slice) {
      std::vector<StoredSample> samples;
      const int begin = upTo(300);
      for (int i = upTo(150); i >= 0; --i) {
        const auto which = static_cast<size_t>(upTo(2));
        samples.push_back(StoreFixture::sample(keys[which], moment + std::chrono::seconds(begin + upTo(100)),
                                               double(slice * 1000 + i)));
        expected[which].emplace(samples.back().time, samples.back());
      }
      QVERIFY(write(samples));
      if (upTo(2) > 0) QVERIFY(settle());
    }
    QVERIFY(begin().has_value());
    const qint64 points[] = {rowOf("a"), rowOf("b"), rowOf("c")};
    QVERIFY(m_reader->loadNewest({points[0], points[1], points[2]}).has_value());
    for (int question = 0; question < 60; ++question) {
      const auto which = static_cast<size_t>(upTo(2));
      const Time from = moment + std::chrono::seconds(upTo(420) - 10);
      const Time to = from + std::chrono::seconds(upTo(200));
      std::vector<HistoryValue> wanted;
      const auto &all = expected[which];
      for (auto i = all.lower_bound(from); i != all.end() && i->first < to; ++i) wanted.push_back(shown(i->second));
      QVERIFY(values(points[which], from, to) == wanted);
      std::reverse(wanted.begin(), wanted.end());
      QVERIFY(values(points[which], from, to, true) == wanted);
      const size_t most = std::min<size_t>(3, wanted.size());
      if (most > 0) {
        const auto few = values(points[which], from, to, true, most);
        QVERIFY(few == std::vector<HistoryValue>(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(most)));
      }
      const auto next = all.lower_bound(from);
      std::optional<HistoryValue> before;
      if (next != all.begin()) before = shown(std::prev(next)->second);
      QVERIFY(m_reader->before(points[which], from).value() == before);
    }
  }

  void rollupsHaveWhatIsSettledAndNewestTheRest() {
    const PointKey point = m_fixture->add("a");
    const Time day{std::chrono::seconds(1'770'681'600)};  // 2026-02-10T00:00:00Z
    std::vector<StoredSample> samples;
    for (int i = 0; i < 600; ++i)
      samples.push_back(StoreFixture::sample(point, day + i * std::chrono::seconds(10), double(i)));
    QVERIFY(write(samples));
    QVERIFY(settle());
    QVERIFY(write({StoreFixture::sample(point, day + std::chrono::hours(3), 7.0)}));
    QVERIFY(begin().has_value());
    const qint64 row = rowOf("a");
    QVERIFY(m_reader->loadNewest({row}).has_value());
    std::vector<Rollup> hours;
    const auto take = [&](const Rollup &rollup) {
      hours.push_back(rollup);
      return true;
    };
    QVERIFY(m_reader->rollups(row, RollupLevel::Hour, farPast, farFuture, take).has_value());
    QCOMPARE(hours.size(), size_t(2));
    const Rollup first{day, 360, 360, 360, 0, 359, 359.0 * 180, 359, day + std::chrono::seconds(3590), true};
    QVERIFY(hours[0] == first);
    QCOMPARE(hours[1].count, 240);
    hours.clear();
    // Only those that begin in the range.
    QVERIFY(
        m_reader->rollups(row, RollupLevel::Hour, day + std::chrono::nanoseconds(1), day + std::chrono::hours(1), take)
            .has_value());
    QVERIFY(hours.empty());
    QVERIFY(m_reader->rollups(row, RollupLevel::Minute, day, day + std::chrono::minutes(2), take).has_value());
    QCOMPARE(hours.size(), size_t(2));
    QCOMPARE(hours[1].start, day + std::chrono::minutes(1));
    int newest = 0;
    QVERIFY(m_reader
                ->newest(row, day, day + std::chrono::hours(4),
                         [&](const HistoryValue &value) {
                           ++newest;
                           return value.value == Value(7.0);
                         })
                .has_value());
    QCOMPARE(newest, 1);
  }

  void newestTextsBeyondAllMeasureAreNotRead() {
    const PointKey large = m_fixture->add("a", ValueType::Text);
    const PointKey small = m_fixture->add("b");
    QVERIFY(
        write({StoreFixture::sample(large, moment, QStringLiteral("x")), StoreFixture::sample(small, moment, 1.0)}));
    QVERIFY(
        OtherProgram(m_path).execute("INSERT INTO recent_samples(point_id, time_ns, quality, received_ms, value)"
                                     " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)"
                                     " SELECT 1, i, 0, 0, printf('%.*c', 16777216, 'x') FROM n"));
    QVERIFY(begin().has_value());
    const auto loaded = m_reader->loadNewest({rowOf("a"), rowOf("b")});
    QVERIFY(!loaded.has_value());
    QVERIFY2(loaded.error().contains(u"(allowed: "), qPrintable(loaded.error()));
    QVERIFY(begin().has_value());
    QVERIFY(m_reader->loadNewest({rowOf("b")}).has_value());
    QCOMPARE(values(rowOf("b"), farPast, farFuture).size(), size_t(1));
  }

  void anIntegerOfAPointThatIsBoolNowStaysOne() {
    const PointKey point = m_fixture->add("a", ValueType::Int);
    QVERIFY(write({StoreFixture::sample(point, moment, qint64(5)),
                   StoreFixture::sample(point, moment + std::chrono::seconds(1), qint64(-1))}));
    QVERIFY(OtherProgram(m_path).execute("UPDATE points SET type = 'bool'"));
    QVERIFY(write({StoreFixture::sample(point, moment + std::chrono::seconds(2), true)}));
    QVERIFY(settle());
    QVERIFY(begin().has_value());
    const auto read = values(rowOf("a"), farPast, farFuture);
    QCOMPARE(read.size(), size_t(3));
    QCOMPARE(read[0].value, Value(qint64(5)));
    QCOMPARE(read[1].value, Value(qint64(-1)));
    QCOMPARE(read[2].value, Value(true));
  }

  void onePictureUntilTheEnd() {
    const PointKey point = m_fixture->add("a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}));
    QVERIFY(begin().has_value());
    const qint64 row = rowOf("a");
    QVERIFY(write({StoreFixture::sample(point, moment, 2.0)}));
    QVERIFY(settle());
    QVERIFY(m_reader->loadNewest({row}).has_value());
    QCOMPARE(values(row, farPast, farFuture).size(), size_t(1));
    m_reader->end();
    QVERIFY(begin().has_value());
    QVERIFY(m_reader->loadNewest({row}).has_value());
    QCOMPARE(values(row, farPast, farFuture).size(), size_t(2));
  }

  void itEndsAtItsDeadlineAndWhenItMust() {
    const PointKey point = m_fixture->add("a");
    QVERIFY(write(StoreFixture::slice(point, moment, std::chrono::milliseconds(1))));
    const auto take = [](const HistoryValue &) { return true; };
    const auto stop = std::make_shared<std::atomic_bool>(false);
    QVERIFY(m_reader->begin(StoreFixture::soon(), stop).has_value());
    const qint64 row = rowOf("a");
    *stop = true;
    const auto stopped = m_reader->values(row, farPast, farFuture, false, take);
    QVERIFY(!stopped.has_value());
    QVERIFY2(stopped.error().contains(u"closing"), qPrintable(stopped.error()));
    QVERIFY(begin().has_value());
    QVERIFY(m_reader->values(row, farPast, farFuture, false, take).has_value());
    auto late = m_reader->begin(std::chrono::steady_clock::now() - std::chrono::seconds(1), nullptr);
    if (late) late = m_reader->values(row, farPast, farFuture, false, take);
    QVERIFY(!late.has_value());
    QVERIFY2(late.error().contains(u"too long (allowed: "), qPrintable(late.error()));
  }

  void whatIsNoHistoryIsSaid() {
    SqliteReader missing(m_folder->filePath(QStringLiteral("none.db")), busyTimeout);
    const auto none = missing.begin(StoreFixture::soon(), nullptr);
    QVERIFY(!none.has_value());
    QVERIFY(!QFile::exists(m_folder->filePath(QStringLiteral("none.db"))));
    const QString path = m_folder->filePath(QStringLiteral("other.db"));
    QVERIFY(OtherProgram(path).execute("CREATE TABLE a(b)"));
    const auto other = SqliteReader(path, busyTimeout).begin(StoreFixture::soon(), nullptr);
    QVERIFY(!other.has_value());
    QVERIFY2(other.error().contains(u"not a history"), qPrintable(other.error()));
  }

  void aFileThatWasReplacedIsOpenedAnew() {
    const PointKey point = m_fixture->add("a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}));
    QVERIFY(begin().has_value());
    m_reader->end();
    m_store->close();
    QVERIFY(QFile::rename(m_path, m_path + QStringLiteral(".old")));
    QVERIFY(m_store->open().has_value());
    const PointKey other = m_fixture->add("b");
    QVERIFY(write({StoreFixture::sample(other, moment, 1.0)}));
    QVERIFY(begin().has_value());
    QCOMPARE(rowOf("a"), -1);
    QVERIFY(rowOf("b") > 0);
  }

  /// Plain SQL on a file with many runs goes by the point, the runs of that time and their rows alone.
  void plainSqlReadsNoMoreThanItMust() {
    const PointKey point = m_fixture->add("a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}));
    const QString plan = OtherProgram(m_path).one(
        "EXPLAIN QUERY PLAN SELECT time, value FROM history WHERE name = 'a' AND time_ns >= 1 AND time_ns < 2 "
        "AND part_to_ns >= 1 AND part_from_ns < 2");
    for (const char *step :
         {"SEARCH p USING INDEX sqlite_autoindex_points_1 (name=?)",
          "SEARCH c USING PRIMARY KEY (run=? AND point_id=?)",
          "SEARCH s USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", "SEARCH q USING INTEGER PRIMARY KEY (rowid=?)"}) {
      QVERIFY2(plan.contains(QString::fromLatin1(step)), qPrintable(plan));
    }
    QVERIFY2(!plan.contains(u"MATERIALIZE") && !plan.contains(u"AUTOMATIC"), qPrintable(plan));
    const QString trends = OtherProgram(m_path).one(
        "EXPLAIN QUERY PLAN SELECT time, mean FROM trends WHERE level = 'hour' AND name = 'a' AND start >= 1");
    QVERIFY2(trends.contains(u"SEARCH r USING PRIMARY KEY (level=? AND point_id=? AND start>?)"), qPrintable(trends));
  }
};

TAGWIRE_TEST(SqlSqliteReaderTest)

}  // namespace sql_sqlitereader_test

#include "sql_sqlitereader_test.moc"
