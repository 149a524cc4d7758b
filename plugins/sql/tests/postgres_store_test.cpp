// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "gapwork.h"
#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "postgresworks.h"
#include "testprogram.h"

namespace postgres_store_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// What is written into a real PostgreSQL is read back, by the reader and by plain SQL.
class PostgresStoreTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void init() { m_server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1")); }

  void everyKindComesBackAsItWas_data() {
    QTest::addColumn<bool>("isSlice");
    QTest::newRow("recent rows") << false;
    QTest::newRow("chunks") << true;
  }
  void everyKindComesBackAsItWas() {
    QFETCH(bool, isSlice);
    PostgresStore store(m_server.settings());
    QVERIFY2(store.open().has_value(), qPrintable(errorOf(store.open())));
    const auto samples = oneOfEach();
    QCOMPARE(errorOf(store.write(workOf(samples), lookup())), QString());
    if (isSlice) makeChunks(store);
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) = 0 FROM recent_samples")),
             isSlice ? QStringLiteral("t") : QStringLiteral("f"));
    for (PointKey key = 1; key <= 5; ++key) {
      QCOMPARE(shown(valuesOf(key)), shown(expected(samples, key)));
      QCOMPARE(shown(valuesOf(key, true)), shown(reversed(expected(samples, key))));
    }
  }

  void lateDataAndEqualTimesComeInOrder() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    std::vector<StoredSample> all;
    for (int slice = 0; slice < 4; ++slice) {  // each reaches into the one before; times come twice
      std::vector<StoredSample> samples;
      for (int i = 0; i < 50; ++i)
        samples.push_back(sample(3, newYear + (slice * 30 + i) * 1s, double(slice * 1000 + i)));
      all.insert(all.end(), samples.begin(), samples.end());
      QCOMPARE(errorOf(store.write(workOf(samples), lookup())), QString());
      if (slice < 3) makeChunks(store);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto &one, const auto &other) { return one.time < other.time; });
    QCOMPARE(shown(valuesOf(3)), shown(expected(all, 3)));
    QCOMPARE(shown(valuesOf(3, true)), shown(reversed(expected(all, 3))));
  }

  void aLargeWorkIsPackedAtOnceAndRolledUp() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    WriteWork work = workOf({});
    for (qsizetype i = 0; i < HistoryStore::sliceRecords; ++i) {
      work.samples.push_back(sample(PointKey(10 + i % 10), newYear + std::chrono::seconds(i / 10), double(i / 10)));
    }
    QCOMPARE(errorOf(store.write(work, lookup())), QString());
    const qint64 seconds = HistoryStore::sliceRecords / 10;  // of point 19 exactly
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM recent_samples")), QStringLiteral("0"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT sum(count), max(count) <= 4096 FROM samples")),
             QStringLiteral("%1|t").arg(HistoryStore::sliceRecords));
    QCOMPARE(
        m_server.one(QStringLiteral("SELECT sum(count), max(max), min(last) > 0 FROM trends WHERE name = 'plc/p19' AND "
                                    "level = 'day'")),
        QStringLiteral("%1|%2|t").arg(seconds).arg(seconds - 1));
    QCOMPARE(
        m_server.one(QStringLiteral("SELECT count(*), max(value), min(value) FROM history_between('2026-01-01 01:00Z', "
                                    "'2026-01-01 02:00Z', 'plc/p19')")),
        QStringLiteral("3600|7199|3600"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*), max(value) FROM history WHERE name = 'plc/p19'")),
             QStringLiteral("%1|%2").arg(seconds).arg(seconds - 1));
  }

  void viewsShowWhatPeopleWantToSee() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    QCOMPARE(errorOf(store.write(workOf(oneOfEach()), lookup())), QString());
    const QString values = QStringLiteral(
        "SELECT time, value, value_int, value_text, unit, quality, historical, time_ns, received_ns, number, type FROM "
        "%1 WHERE name = '%2' ORDER BY time, part_to");
    const auto both = [&](const char *name) {
      return m_server.rows(values.arg(QStringLiteral("history"), QLatin1String(name)));
    };
    const QStringList before = both("plc/integers") + both("plc/texts") + both("plc/bools") + both("plc/doubles");
    QCOMPARE(both("plc/integers").value(1),
             QStringLiteral(
                 "2026-01-01 00:00:01.000001+00|9.223372036854776e+18|9223372036854775807|NULL|kW|uncertain:stale|f|"
                 "1767225601000001000|1767225601007000000|7|int"));
    makeChunks(store);
    QCOMPARE(both("plc/integers") + both("plc/texts") + both("plc/bools") + both("plc/doubles"), before);
    QCOMPARE(m_server.rows(values.arg(QStringLiteral("history_between('2026-01-01Z', '2026-01-02Z', 'plc/texts')"),
                                      QStringLiteral("plc/texts"))),
             both("plc/texts"));
    QCOMPARE(
        m_server.one(QStringLiteral("SELECT time, name, tag, x, y, z, quality, zone, battery, confidence, gateway, "
                                    "sequence, type FROM position_history ORDER BY time LIMIT 1")),
        QStringLiteral("2026-01-01 00:00:00+00|rtls/T1|T1|1.5|-2.5|0|good|3|80|97.5|gw|12|Sim"));
    QCOMPARE(m_server.one(
                 QStringLiteral("SELECT count(*) FROM position_history_between('2026-01-01Z', '2026-01-02Z', 'T1')")),
             QStringLiteral("3"));
  }

  void eventsAndGapsComeBack() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    WriteWork work;
    for (int i = 0; i < 10; ++i) {
      StoredEvent event;
      event.hubSequence = quint64(i);
      event.epoch = "epoch";
      event.time = newYear + (i / 2) * 1s;
      event.source = i % 2 ? "alarms" : "rtls";
      event.kind = i % 2 ? "alarm" : "trigger";
      event.json = "{\"n\": " + QByteArray::number(i) + ", \"text\":\"\\u0041\"}";
      work.events.push_back(event);
    }
    QCOMPARE(errorOf(store.write(work, lookup())), QString());
    QCOMPARE(errorOf(store.write(gapWork({newYear, newYear + 5s, 12, QStringLiteral("overflow")}), {})), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(soon(), nullptr).has_value());
    HistoryEventQuery query;
    query.from = newYear;
    query.to = newYear + 1h;
    QByteArrayList found;
    std::pair<Time, qint64> last;
    const auto take = [&](qint64 id, const HistoryEvent &event) {
      found << event.json;
      last = {event.time, id};
      return found.size() < 3;
    };
    QVERIFY(reader.events(query, {}, take).has_value());
    QCOMPARE(found.size(), 3);
    QVERIFY(reader.events(query, last, [&](qint64, const HistoryEvent &event) {
      found << event.json;
      return true;
    }));
    QCOMPARE(found.size(), 10);
    for (int i = 0; i < 10; ++i) QCOMPARE(found[i], work.events[size_t(i)].json);
    query.kinds = QStringList{QStringLiteral("alarm")};
    query.newestFirst = true;
    found.clear();
    QVERIFY(reader.events(query, {}, [&](qint64, const HistoryEvent &event) {
      found << event.json;
      return true;
    }));
    QCOMPARE(found.size(), 5);
    QCOMPARE(found.first(), work.events[9].json);
    const auto gaps = reader.gaps(newYear + 1s, newYear + 2s);
    QVERIFY(gaps && gaps->size() == 1);
    QCOMPARE(gaps->first().records, 12);
    QCOMPARE(reader.gaps(newYear + 6s, newYear + 9s)->size(), 0);
    reader.end();
  }

  void theLastValueBeforeATimeIsFoundHoweverOld() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    const std::vector<StoredSample> samples{sample(3, newYear - 24h * 900, 1.0), sample(3, newYear - 24h * 20, 2.0),
                                            sample(3, newYear, 3.0)};
    QCOMPARE(errorOf(store.write(workOf(samples), lookup())), QString());
    makeChunks(store);
    QCOMPARE(errorOf(store.write(workOf({sample(3, newYear + 10s, 4.0)}), lookup())), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(soon(), nullptr).has_value());
    const qint64 id = reader.point(QStringLiteral("plc/doubles"))->value().id;
    QVERIFY(reader.loadNewest({id}).has_value());
    const auto before = [&](Time time) {
      const auto found = reader.before(id, time);
      return found && *found ? std::get<double>((*found)->value) : 0.0;
    };
    QCOMPARE(before(newYear + 20s), 4.0);
    QCOMPARE(before(newYear + 10s), 3.0);
    QCOMPARE(before(newYear), 2.0);
    QCOMPARE(before(newYear - 24h * 20), 1.0);
    QCOMPARE(before(newYear - 24h * 900), 0.0);
    reader.end();
  }

  void pointsAreListedByNameAndFoundByTag() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    QCOMPARE(errorOf(store.write(workOf(oneOfEach()), lookup())), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(soon(), nullptr).has_value());
    QStringList names;
    const auto take = [&](const PointRow &row) {
      names << row.point.name;
      return true;
    };
    QVERIFY(reader.points(QStringLiteral("plc/c"), take).has_value());
    QCOMPARE(names, QStringList({QStringLiteral("plc/doubles"), QStringLiteral("plc/integers"),
                                 QStringLiteral("plc/texts"), QStringLiteral("rtls/T1")}));
    QCOMPARE(reader.pointsOfTag(QStringLiteral("T1"))->size(), 1);
    QVERIFY(!reader.point(QStringLiteral("plc/nothing"))->has_value());
    reader.end();
  }

  void aPointThatChangesKeepsItsRow() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    WriteWork work = workOf({sample(3, newYear, 1.0)});
    work.spool = QStringLiteral("site");
    QCOMPARE(errorOf(store.write(work, lookup())), QString());
    const QString id = m_server.one(QStringLiteral("SELECT id FROM points"));
    const auto changed = [](PointKey) {
      return std::make_shared<const StoredPoint>(
          StoredPoint{QStringLiteral("plc/doubles"), 5, ValueType::Double, QStringLiteral("bar")});
    };
    QCOMPARE(errorOf(store.write(work, changed)), QString());
    QCOMPARE(m_server.one(QStringLiteral("SELECT id, unit FROM points")), id + QStringLiteral("|bar"));
    // The same key for another point, as an import may have it.
    const auto other = [](PointKey) {
      return std::make_shared<const StoredPoint>(StoredPoint{QStringLiteral("plc/other"), {}, ValueType::Double});
    };
    QCOMPARE(errorOf(store.write(workOf({sample(3, newYear, 1.0)}), other)), QString());
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM history WHERE name = 'plc/other'")),
             QStringLiteral("1"));
  }

  void whatIsTooOldGoes() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    std::vector<StoredSample> samples;
    for (int day = 0; day < 100; ++day) samples.push_back(sample(3, newYear + day * 24h, double(day)));
    QCOMPARE(errorOf(store.write(workOf(samples), lookup())), QString());
    makeChunks(store);
    QCOMPARE(m_server.one(QStringLiteral("SELECT to_regclass('samples_2026_01') IS NULL")), QStringLiteral("f"));
    Retention retention;
    retention.samples = std::chrono::hours(24 * 30);
    retention.days = std::chrono::hours(24 * 60);
    const Time now = newYear + 24h * 99 + 25h * 3;
    for (int steps = 0; steps < 100; ++steps) {
      const auto more = store.maintain(now, retention);
      QCOMPARE(errorOf(more), QString());
      if (!*more) break;
    }
    QCOMPARE(m_server.one(QStringLiteral("SELECT to_regclass('samples_2026_01') IS NULL")), QStringLiteral("t"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT min(value) FROM history")), QStringLiteral("73"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT min(min) FROM trends WHERE level = 'day'")), QStringLiteral("43"));
  }

  void anImpossibleClockMakesOneMonthOnly() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open().has_value());
    const std::vector<StoredSample> samples{sample(3, Time::min(), 1.0), sample(3, Time::max(), 2.0),
                                            sample(3, Time(), 3.0)};
    QCOMPARE(errorOf(store.write(workOf(samples), lookup())), QString());
    makeChunks(store);
    QCOMPARE(m_server.one(
                 QStringLiteral("SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text) "
                                "FROM pg_inherits WHERE inhparent = 'samples'::regclass")),
             QStringLiteral("samples_early samples_late"));
    QCOMPARE(valuesOf(3).size(), 3);
    QCOMPARE(m_server.one(QStringLiteral("SELECT min(time), max(time) FROM history")),
             QStringLiteral("1950-01-01 00:00:00+00|2240-01-01 00:00:00+00"));
  }

 private:
  static std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 60s; }
  // As if a day had passed.
  void makeChunks(PostgresStore &store) {
    store.close();
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(errorOf(store.maintain(newYear + 24h * 10000, {})), QString());
    QCOMPARE(m_server.one(QStringLiteral("SELECT (SELECT count(*) FROM recent_samples) + (SELECT count(*) FROM "
                                         "recent_positions)")),
             QStringLiteral("0"));
  }
  QList<HistoryValue> valuesOf(PointKey key, bool newestFirst = false) {
    PostgresReader reader(m_server.settings());
    QList<HistoryValue> values;
    const auto begun = reader.begin(soon(), nullptr);
    if (!begun) qWarning("%s", qPrintable(begun.error()));
    const auto row = reader.point(pointOf(key)->name);
    if (!row || !*row) return values;
    const qint64 id = (*row)->id;
    const auto loaded = reader.loadNewest({id});
    const auto read = reader.values(id, Time::min(), Time::max(), newestFirst, [&](const HistoryValue &value) {
      values << value;
      return true;
    });
    if (!loaded || !read) qWarning("%s", qPrintable(read ? loaded.error() : read.error()));
    reader.end();
    return values;
  }

  PostgresServer m_server;
};

TAGWIRE_TEST(PostgresStoreTest)

}  // namespace postgres_store_test

#include "postgres_store_test.moc"
