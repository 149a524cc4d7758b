// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "sqlitestorecase.h"
#include "testprogram.h"

namespace sql_sqlitestore_test {

using namespace tagwire;
using namespace tagwire::sql;

/// What the store is given, against what plain SQL reads of it.
class SqlSqliteStoreTest : public QObject, private SqliteStoreCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { begin(); }
  void cleanup() { end(); }

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
};

TAGWIRE_TEST(SqlSqliteStoreTest)

}  // namespace sql_sqlitestore_test

#include "sql_sqlitestore_test.moc"
