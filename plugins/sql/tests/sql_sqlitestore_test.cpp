// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <thread>

#include "otherprogram.h"
#include "sqlite/sqlitestore.h"
#include "storefixture.h"

using namespace tagwire;
using namespace tagwire::sql;

namespace {

constexpr Time moment{std::chrono::nanoseconds(1'770'733'530'123'456'789)};  // 2026-02-10T14:25:30.123456789Z
constexpr std::chrono::milliseconds patience{300};

}  // namespace

/// The store against a second connection that reads, by plain SQL, what is really there.
class SqlSqliteStoreTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<StoreFixture> m_fixture;
  std::unique_ptr<SqliteStore> m_store;
  QString m_path;

  QString read(const char *sql) const { return OtherProgram(m_path).one(sql); }
  StoreResult<void> write(const std::vector<StoredSample> &samples) {
    WriteWork work = StoreFixture::work(samples);
    work.spool = QStringLiteral("spool");
    return m_store->write(work, m_fixture->lookup());
  }
  /// All that maintain() has to do at `now`.
  bool maintain(Time now, const Retention &retention = {}) {
    for (int i = 0; i < 10'000; ++i) {
      const auto more = m_store->maintain(now, retention);
      if (!more) qWarning("%s", qPrintable(more.error().text));
      if (!more || !*more) return more.has_value();
    }
    return false;
  }
  /// Brings the newest rows to their final place, as a day later.
  bool settle() { return maintain(moment + std::chrono::hours(24 * 365)); }

 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fixture = std::make_unique<StoreFixture>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
    m_store = std::make_unique<SqliteStore>(m_path, patience);
    const auto opened = m_store->open();
    QVERIFY2(opened.has_value(), opened ? "" : qPrintable(opened.error().text));
  }
  void cleanup() { m_store.reset(); }

  void valuesOfEveryTypeRoundTrip_data() {
    QTest::addColumn<Value>("value");
    QTest::addColumn<QString>("stored");
    const auto row = [](const char *name, Value value, const char *stored) {
      QTest::newRow(name) << std::move(value) << QString::fromUtf8(stored);
    };
    row("none", {}, "null|NULL");
    row("true", true, "integer|1");
    row("false", false, "integer|0");
    row("largest", std::numeric_limits<qint64>::max(), "integer|9223372036854775807");
    row("smallest", std::numeric_limits<qint64>::min(), "integer|-9223372036854775808");
    row("beyond 2^53", qint64(9'007'199'254'740'993), "integer|9007199254740993");
    row("double", 81.25, "real|81.25");
    row("whole double", 3.0, "real|3.0");
    row("text", QStringLiteral("Läuft 'gut'; DROP TABLE samples; --"), "text|Läuft 'gut'; DROP TABLE samples; --");
    row("number as text", QStringLiteral("007"), "text|007");
    row("empty text", QStringLiteral(""), "text|");
  }
  void valuesOfEveryTypeRoundTrip() {
    QFETCH(Value, value);
    QFETCH(QString, stored);
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, value)}).has_value());
    QCOMPARE(read("SELECT typeof(value), value FROM recent_samples"), stored);
    QVERIFY(settle());
    QCOMPARE(read("SELECT typeof(value), value FROM samples"), stored);
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("0"));
  }

  void theViewSaysTheSameBeforeAndAfterRowsAreSettled() {
    const PointKey point = m_fixture->add("plc1/boiler/temp", ValueType::Double, "°C");
    auto late = StoreFixture::sample(point, moment + std::chrono::nanoseconds(1), 81.5,
                                     Quality::bad(QualityReason::NoConnection));
    late.isHistorical = true;
    QVERIFY(write({StoreFixture::sample(point, moment, 81.5), late,
                   StoreFixture::sample(point, moment + std::chrono::nanoseconds(2), std::nan("")),
                   StoreFixture::sample(point, Time(std::chrono::nanoseconds(-1)), 1.0)})
                .has_value());
    const char *sql =
        "SELECT time, name, value, unit, quality, historical, time_ns, received_ns, number, type "
        "FROM history ORDER BY time_ns";
    const QString rows = QStringLiteral(
        "1969-12-31T23:59:59.999Z|plc1/boiler/temp|1.0|°C|good|0|-1|4999999|NULL|double\n"
        "2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|good|0|1770733530123456789|1770733530128456789|NULL|double\n"
        "2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|bad:no_connection|1|1770733530123456790|1770733530128456790|"
        "NULL|double\n"
        "2026-02-10T14:25:30.123Z|plc1/boiler/temp|NULL|°C|bad:not_a_number|0|1770733530123456791|1770733530128456791|"
        "NULL|double");
    QCOMPARE(read(sql), rows);
    QVERIFY(settle());
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("0"));
    QCOMPARE(read(sql), rows);
  }

  void positionsKeepAllThatCameWithThem() {
    const PointKey point = m_fixture->add("rtls/tags/SIM1", ValueType::Position, "ft", "SIM1");
    auto fix = std::make_shared<Fix>();
    fix->tag = QStringLiteral("SIM1");
    fix->type = QStringLiteral("Sim");
    fix->gateway = QStringLiteral("GW-3");
    fix->confidence = 87.5;
    fix->battery = 0;
    fix->sequence = 17;
    fix->zone = 417;
    fix->accuracy = 0.5;
    fix->origin = QStringLiteral("east");
    auto bare = std::make_shared<Fix>();
    bare->tag = QStringLiteral("SIM1");
    QVERIFY(write({StoreFixture::sample(point, moment, Position{1.25, -2.5, 3, fix}),
                   StoreFixture::sample(point, moment + std::chrono::nanoseconds(1), Position{1, 2, 3, bare}),
                   StoreFixture::sample(point, moment + std::chrono::nanoseconds(2), {},
                                        Quality::bad(QualityReason::Lost))})
                .has_value());
    const char *sql =
        "SELECT name, tag, x, y, z, unit, quality, zone, battery, confidence, gateway, sequence, type, "
        "accuracy, origin FROM position_history ORDER BY time_ns";
    const QString rows = QStringLiteral(
        "rtls/tags/SIM1|SIM1|1.25|-2.5|3.0|ft|good|417|0|87.5|GW-3|17|Sim|0.5|east\n"
        "rtls/tags/SIM1|SIM1|1.0|2.0|3.0|ft|good|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
        "rtls/tags/SIM1|NULL|NULL|NULL|NULL|ft|bad:lost|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
    QCOMPARE(read(sql), rows);
    QVERIFY(settle());
    QCOMPARE(read(sql), rows);
    QCOMPARE(read("SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM positions), "
                  "(SELECT count(*) FROM recent_positions)"),
             QStringLiteral("0|3|0"));
  }

  void theSameMomentAgainKeepsAllInTheirOrder() {
    const PointKey point = m_fixture->add("plc1/a");
    for (int i = 0; i < 3; ++i) {
      QVERIFY(write({StoreFixture::sample(point, moment, double(i)), StoreFixture::sample(point, moment, i + 0.5)})
                  .has_value());
    }
    QVERIFY(settle());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM (SELECT value FROM samples ORDER BY id)"),
             QStringLiteral("0.0 0.5 1.0 1.5 2.0 2.5"));
  }

  void aLargeWorkBecomesARunAtOnceWithWhatWaited() {
    const PointKey first = m_fixture->add("plc1/a");
    const PointKey second = m_fixture->add("plc1/b");
    QVERIFY(write({StoreFixture::sample(first, moment, -1.0)}).has_value());
    auto samples = StoreFixture::slice(first, moment, std::chrono::milliseconds(1), HistoryStore::sliceRecords / 2);
    const auto others =
        StoreFixture::slice(second, moment, std::chrono::milliseconds(1), HistoryStore::sliceRecords / 2);
    samples.insert(samples.end(), others.begin(), others.end());
    QVERIFY(write(samples).has_value());
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("0"));
    QCOMPARE(read("SELECT kind, first_id, count, to_ns - from_ns FROM runs"),
             QStringLiteral("0|1|262145|131071000000"));
    QCOMPARE(read("SELECT point_id, first_id, count FROM chunks"), QStringLiteral("1|1|131073\n2|131074|131072"));
    QCOMPARE(read("SELECT value FROM samples WHERE id IN (1, 2, 131074)"), QStringLiteral("-1.0\n0.0\n0.0"));
    QCOMPARE(read("SELECT sum(count), min(min), max(max) FROM trends WHERE level = 'day'"),
             QStringLiteral("262145|-1.0|131071.0"));
  }

  void longTextsGoToTheirPlaceInStepsOfBoundedSize() {
    const PointKey text = m_fixture->add("plc1/text", ValueType::Text);
    const PointKey other = m_fixture->add("plc1/b");
    const QString longest(longestText, u'x');
    const auto texts = [&](qint64 begin, qint64 end) {
      std::vector<StoredSample> samples;
      for (qint64 i = begin; i < end; ++i) {
        samples.push_back(
            StoreFixture::sample(text, moment + std::chrono::milliseconds(i), QString::number(i) + longest));
      }
      return samples;
    };
    // Fewer than a slice and not a day old; 64 MiB of memory are 512 of them.
    for (qint64 i = 0; i < 1200; i += 100) QVERIFY(write(texts(i, i + 100)).has_value());
    m_store->close();
    QVERIFY(m_store->open().has_value());
    const auto more = m_store->maintain(moment, {});
    QVERIFY(more.has_value() && *more);
    QCOMPARE(read("SELECT count FROM runs"), QStringLiteral("512"));
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("688"));
    // A slice that comes meanwhile takes no more either, and stays behind what came before it.
    QVERIFY(write(StoreFixture::slice(other, moment, std::chrono::milliseconds(1))).has_value());
    QCOMPARE(read("SELECT count FROM runs ORDER BY id"), QStringLiteral("512\n512"));
    QVERIFY(maintain(moment));
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("0"));
    QCOMPARE(read("SELECT count(*), count(DISTINCT value), min(length(value)) FROM history WHERE name = 'plc1/text'"),
             QStringLiteral("1200|1200|65536"));
    QCOMPARE(read("SELECT sum(count) FROM trends WHERE level = 'day' AND name = 'plc1/b'"),
             QString::number(HistoryStore::sliceRecords));
    // A few wait for more, counted as they come.
    QVERIFY(write(texts(0, 100)).has_value());
    QVERIFY(maintain(moment));
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("100"));
    QVERIFY(write(texts(100, 600)).has_value());
    QVERIFY(maintain(moment));
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("0"));
  }

  void absurdClocksDoNoHarm() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, Time::min() + std::chrono::seconds(1), 1.0),
                   StoreFixture::sample(point, moment, 2.0),
                   StoreFixture::sample(point, Time::max() - std::chrono::seconds(1), 3.0)})
                .has_value());
    QVERIFY(settle());
    QCOMPARE(read("SELECT substr(time, 1, 4), value FROM history ORDER BY time_ns"),
             QStringLiteral("1950|1.0\n2026|2.0\n2240|3.0"));
    QCOMPARE(read("SELECT count(*) FROM trends WHERE level = 'day'"), QStringLiteral("3"));
  }

  /// More and fewer than one statement takes, of both kinds.
  void anyNumberOfRowsIsStored() {
    const PointKey value = m_fixture->add("plc1/a");
    const PointKey tag = m_fixture->add("rtls/tags/T", ValueType::Position);
    int stored = 0;
    for (const int count : {1, 15, 16, 17, 31, 32, 33, 100}) {
      std::vector<StoredSample> samples;
      for (int i = 0; i < count; ++i) {
        const Time time = moment + std::chrono::milliseconds(stored + i);
        auto fix = std::make_shared<Fix>();
        if (i % 2 == 0) fix->battery = i;
        samples.push_back(StoreFixture::sample(value, time, double(stored + i)));
        samples.push_back(StoreFixture::sample(tag, time, Position{double(stored + i), 0, 0, fix}));
      }
      stored += count;
      QVERIFY(write(samples).has_value());
      if (count % 2 == 0) QVERIFY(settle());
      const QString expected = QStringLiteral("%1|%1|%2").arg(stored).arg(stored * (stored - 1) / 2);
      QCOMPARE(read("SELECT count(*), count(DISTINCT time_ns), CAST(sum(value) AS INTEGER) FROM history"), expected);
      QCOMPARE(read("SELECT count(*), count(DISTINCT time_ns), CAST(sum(x) AS INTEGER) FROM position_history"),
               expected);
    }
    // Nothing of a row is left over for the one behind it.
    QCOMPARE(read("SELECT count(*) FROM position_history WHERE battery % 2 = 1"), QStringLiteral("0"));
    QCOMPARE(read("SELECT count(*) FROM position_history WHERE battery IS NULL"), QString::number(stored / 2 - 2));
  }

  void pointsKeepTheirRowsAndAreDescribedAnew() {
    const PointKey first = m_fixture->add("plc1/a");
    const PointKey second = m_fixture->add("plc1/b", ValueType::Double, "bar");
    QVERIFY(write({StoreFixture::sample(first, moment, 1.0), StoreFixture::sample(second, moment, 2.0)}).has_value());
    m_store->close();
    m_fixture = std::make_unique<StoreFixture>();  // another run: other keys, another unit
    const PointKey again = m_fixture->add("plc1/b", ValueType::Double, "psi");
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(again, moment, 3.0)}).has_value());
    QCOMPARE(read("SELECT id, name, unit FROM points ORDER BY id"), QStringLiteral("1|plc1/a|\n2|plc1/b|psi"));
    StoredPoint changed = m_fixture->described(again);
    changed.number = 7;
    m_fixture->describe(again, changed);
    QVERIFY(write({StoreFixture::sample(again, moment, 4.0)}).has_value());
    QCOMPARE(read("SELECT name, value, number FROM history ORDER BY value"),
             QStringLiteral("plc1/a|1.0|NULL\nplc1/b|2.0|7\nplc1/b|3.0|7\nplc1/b|4.0|7"));
  }

  void anImportLeavesPointsThatAreThereAsTheyAre() {
    const PointKey point = m_fixture->add("plc1/a", ValueType::Double, "bar");
    StoredPoint described = m_fixture->described(point);
    described.number = 7;
    described.description = QStringLiteral("feed pressure");
    m_fixture->describe(point, described);
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    const char *points = "SELECT name, number, type, unit, description, tag FROM points ORDER BY id";
    const QString before = QStringLiteral("plc1/a|7|double|bar|feed pressure|");
    QCOMPARE(read(points), before);
    StoreFixture other;
    const PointKey bare = other.add("plc1/a", ValueType::Int);
    const PointKey fresh = other.add("plc1/b", ValueType::Double, "bar");
    const auto imported = StoreFixture::work({StoreFixture::sample(bare, moment - std::chrono::hours(1), qint64(2)),
                                              StoreFixture::sample(fresh, moment, 3.0)});
    QVERIFY(m_store->write(imported, other.lookup()).has_value());
    QCOMPARE(read(points), before + QStringLiteral("\nplc1/b|NULL|double|bar||"));
    QCOMPARE(read("SELECT name, value FROM history ORDER BY value"),
             QStringLiteral("plc1/a|1.0\nplc1/a|2\nplc1/b|3.0"));
    // What is live says it anew.
    described.unit = QStringLiteral("psi");
    m_fixture->describe(point, described);
    QVERIFY(write({StoreFixture::sample(point, moment, 1.5)}).has_value());
    QCOMPARE(read("SELECT unit FROM points WHERE name = 'plc1/a'"), QStringLiteral("psi"));
  }

  void hostileTextNeverHoldsUpTheOthers() {
    const PointKey text = m_fixture->add("plc1/text", ValueType::Text);
    const QString hostile = QString(QChar(0xdfff)) + QStringLiteral("a") + QChar(u'\0') + QStringLiteral("b");
    QVERIFY(write({StoreFixture::sample(text, moment, hostile)}).has_value());
    QCOMPARE(read("SELECT value, length(value) FROM history"), QStringLiteral("\uFFFDa\uFFFDb|4"));
  }

  void aPointThatNobodyKnowsIsRefusedAndNothingIsStored() {
    const PointKey point = m_fixture->add("plc1/a");
    const auto refused = write({StoreFixture::sample(point, moment, 1.0), StoreFixture::sample(4711, moment, 1.0)});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, StoreError::Kind::Refused);
    QVERIFY(m_store->isOpen());
    QCOMPARE(read("SELECT (SELECT count(*) FROM recent_samples), (SELECT count(*) FROM points)"),
             QStringLiteral("0|0"));
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/a|1.0"));
  }

  void aRowThatTheFilesOwnerForbidsIsRefused() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(
        OtherProgram(m_path).execute("CREATE TRIGGER no_13 BEFORE INSERT ON recent_samples WHEN new.value = 13 "
                                     "BEGIN SELECT raise(ABORT, 'no thirteen'); END"));
    const auto refused = write({StoreFixture::sample(point, moment, 1.0), StoreFixture::sample(point, moment, 13.0)});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, StoreError::Kind::Refused);
    QVERIFY2(refused.error().text.contains(u"no thirteen"), qPrintable(refused.error().text));
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT value FROM history"), QStringLiteral("1.0"));
  }

  void eventsAreStoredAsTheyAreSent() {
    WriteWork work;
    work.events = {{0, 42, "run-1", moment, "tagwire", "system", "{\"a\":1}"},
                   {1, 0, "run-1", moment, "x", "alarm", "{}"}};
    QVERIFY(m_store->write(work, m_fixture->lookup()).has_value());
    QCOMPARE(read("SELECT time, epoch, sequence, source, kind, time_ns, json FROM event_history"),
             QStringLiteral("2026-02-10T14:25:30.123Z|run-1|42|tagwire|system|1770733530123456789|{\"a\":1}\n"
                            "2026-02-10T14:25:30.123Z|run-1|NULL|x|alarm|1770733530123456789|{}"));
  }

  void whatWasDeliveredStandsInOneRowWhereItAdjoins() {
    const QString spool = QStringLiteral("spool-1");
    const auto deliver = [&](quint64 boot, Stream stream, quint64 first, quint64 next) {
      WriteWork work;
      work.spool = spool;
      work.ranges = {{boot, stream, first, next}};
      return m_store->write(work, m_fixture->lookup()).has_value();
    };
    QVERIFY(deliver(7, Stream::Telemetry, 0, 10) && deliver(7, Stream::Telemetry, 20, 30));
    QVERIFY(deliver(7, Stream::Events, 0, 5) && deliver(8, Stream::Telemetry, 0, 1));
    QVERIFY(deliver(7, Stream::Telemetry, 10, 20));
    const QList<SpoolRange> expected{
        {7, Stream::Telemetry, 0, 30}, {7, Stream::Events, 0, 5}, {8, Stream::Telemetry, 0, 1}};
    QCOMPARE(m_store->delivered(spool).value_or(QList<SpoolRange>()), expected);
    QVERIFY(m_store->delivered(QStringLiteral("other")).value_or(expected).isEmpty());
    QVERIFY(m_store->keepBoots(spool, {8, 9}).has_value());
    QCOMPARE(m_store->delivered(spool).value_or(QList<SpoolRange>()), QList<SpoolRange>{expected.last()});
  }

  void aRefusedWorkIsNotDelivered() {
    WriteWork work = StoreFixture::work({StoreFixture::sample(4711, moment, 1.0)});
    work.spool = QStringLiteral("s");
    work.ranges = {{1, Stream::Telemetry, 0, 1}};
    QVERIFY(!m_store->write(work, m_fixture->lookup()).has_value());
    QVERIFY(m_store->delivered(work.spool).value().isEmpty());
  }

  void aLockIsWaitedForAndThenAnOutage() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    const auto locked = write({StoreFixture::sample(point, moment, 2.0)});
    QVERIFY(!locked.has_value());
    QCOMPARE(locked.error().kind, StoreError::Kind::Outage);
    QVERIFY2(locked.error().text.contains(u"lock"), qPrintable(locked.error().text));
    QVERIFY(!m_store->isOpen());
    QVERIFY(!m_store->open().has_value());
    QVERIFY(other.execute("ROLLBACK"));
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 2.0)}).has_value());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM history"), QStringLiteral("1.0 2.0"));
  }

  void aMovedFileIsAnOutageAndThenANewOneIsBegun() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    const QString moved = m_folder->filePath(QStringLiteral("moved.db"));
    QVERIFY(QFile::rename(m_path, moved));
    const auto gone = write({StoreFixture::sample(point, moment, 2.0)});
    QVERIFY(!gone.has_value());
    QCOMPARE(gone.error().kind, StoreError::Kind::Outage);
    QVERIFY2(gone.error().text.contains(u"moved"), qPrintable(gone.error().text));
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 2.0)}).has_value());
    QCOMPARE(OtherProgram(moved).one("SELECT value FROM history"), QStringLiteral("1.0"));
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/a|2.0"));
  }

  void aDroppedTableIsMadeAgain() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(OtherProgram(m_path).execute("DROP TABLE recent_samples"));
    const auto outage = write({StoreFixture::sample(point, moment, 1.0)});
    QVERIFY(!outage.has_value());
    QCOMPARE(outage.error().kind, StoreError::Kind::Outage);
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT value FROM history"), QStringLiteral("1.0"));
  }

  void interruptEndsWhatRunsAndOpenBeginsAnew() {
    const PointKey point = m_fixture->add("plc1/a");
    const auto samples = StoreFixture::slice(point, moment, std::chrono::milliseconds(1));
    m_store->interrupt();
    const auto interrupted = write(samples);
    QVERIFY(!interrupted.has_value());
    QCOMPARE(interrupted.error().kind, StoreError::Kind::Outage);
    QVERIFY(m_store->open().has_value());
    QCOMPARE(read("SELECT count(*) FROM runs"), QStringLiteral("0"));
    QVERIFY(write(samples).has_value());
    QCOMPARE(read("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords));
  }

  void interruptFromAnotherThreadEndsALongWrite() {
    const PointKey point = m_fixture->add("plc1/a");
    std::atomic_bool hasBegun = false;
    std::thread other([&] {
      while (!hasBegun) std::this_thread::yield();
      m_store->interrupt();
    });
    const auto written = m_store->write(StoreFixture::work(StoreFixture::slice(point, moment, std::chrono::seconds(1))),
                                        [&](PointKey key) {
                                          hasBegun = true;
                                          return m_fixture->lookup()(key);
                                        });
    other.join();
    QVERIFY(!written.has_value());
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY(!m_store->isOpen());
    QVERIFY(m_store->open().has_value());
    QCOMPARE(read("SELECT count(*) FROM history"), QStringLiteral("0"));
  }

  void aKilledProgramLosesNothingCommittedAndLeavesNothingHalf() {
    const PointKey point = m_fixture->add("plc1/a");
    m_store.reset();
    const pid_t child = ::fork();
    if (child == 0) {
      SqliteStore store(m_path, patience);
      if (!store.open()) ::_exit(1);
      if (!store.write(StoreFixture::work({StoreFixture::sample(point, moment, 1.0)}), m_fixture->lookup())) ::_exit(2);
      auto samples = StoreFixture::slice(point, moment, std::chrono::milliseconds(1));
      int calls = 0;
      const PointLookup killer = [&](PointKey key) {
        ++calls;
        if (key != point) ::raise(SIGKILL);
        return m_fixture->lookup()(key);
      };
      samples.back().point = point + 1;
      (void)store.write(StoreFixture::work(samples), killer);
      ::_exit(3);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    m_store = std::make_unique<SqliteStore>(m_path, patience);
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 4.0)}).has_value());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM history"), QStringLiteral("1.0 4.0"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  void otherProgramsReadWhileItIsWritten() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN"));
    QCOMPARE(other.one("SELECT count(*) FROM history"), QStringLiteral("1"));
    QVERIFY(write(StoreFixture::slice(point, moment, std::chrono::milliseconds(1))).has_value());
    QVERIFY(settle());
    QCOMPARE(other.one("SELECT count(*) FROM history"), QStringLiteral("1"));  // its picture stays
    QVERIFY(other.execute("COMMIT"));
    QCOMPARE(other.one("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords + 1));
  }

  void filesAreForTheOwnerOnly() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    for (const char *suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      QCOMPARE(::stat((QFile::encodeName(m_path) + suffix).constData(), &status), 0);
      QCOMPARE(status.st_mode & 0777, mode_t(0600));
    }
  }

  void filesOfOthersAreLeftAlone() {
    const QString path = m_folder->filePath(QStringLiteral("other.db"));
    QVERIFY(OtherProgram(path).execute("CREATE TABLE samples(mine)"));
    const auto foreign = SqliteStore(path, patience).open();
    QVERIFY(!foreign.has_value());
    QVERIFY2(foreign.error().text.contains(u"another program"), qPrintable(foreign.error().text));
    QCOMPARE(OtherProgram(path).one("SELECT group_concat(name) FROM sqlite_schema"), QStringLiteral("samples"));
    QCOMPARE(OtherProgram(path).one("PRAGMA journal_mode"), QStringLiteral("delete"));

    m_store->close();
    QVERIFY(OtherProgram(m_path).execute("PRAGMA user_version = 3"));
    const auto newer = m_store->open();
    QVERIFY(!newer.has_value());
    QVERIFY2(newer.error().text.contains(u"newer version"), qPrintable(newer.error().text));

    QFile noise(m_folder->filePath(QStringLiteral("noise.db")));
    QVERIFY(noise.open(QIODevice::WriteOnly));
    noise.write(QByteArray(10'000, 'x'));
    noise.close();
    const auto damaged = SqliteStore(noise.fileName(), patience).open();
    QVERIFY(!damaged.has_value());
    QCOMPARE(damaged.error().kind, StoreError::Kind::Outage);
    QVERIFY2(damaged.error().text.contains(u"not a database"), qPrintable(damaged.error().text));
    QVERIFY(noise.open(QIODevice::ReadOnly));
    QCOMPARE(noise.readAll(), QByteArray(10'000, 'x'));
  }
};

QTEST_GUILESS_MAIN(SqlSqliteStoreTest)
#include "sql_sqlitestore_test.moc"
