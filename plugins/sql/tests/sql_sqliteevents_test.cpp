// SPDX-License-Identifier: Apache-2.0
#include "gapwork.h"
#include "sqlitereadercase.h"
#include "testprogram.h"

namespace sql_sqliteevents_test {

using namespace tagwire;
using namespace tagwire::sql;

/// Events and gaps, as the reader says them.
class SqlSqliteEventsTest : public QObject, private SqliteReaderCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { prepare(); }
  void cleanup() { end(); }

  void eventsAreReadByTimePageByPage() {
    WriteWork work;
    for (int i = 0; i < 10; ++i) {
      const QByteArray kind = i % 3 == 0 ? "alarm" : i % 3 == 1 ? "system" : "trigger";
      work.events.push_back(
          {0, 0, "e", moment + std::chrono::seconds(i / 2), i % 2 == 0 ? "x" : "y", kind, QByteArray::number(i)});
    }
    QVERIFY(m_store->write(work, m_fixture->lookup()).has_value());
    QVERIFY(begin().has_value());
    const auto read = [&](const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after = {}) {
      QByteArray all;
      const auto done = m_reader->events(query, after, [&](qint64, const HistoryEvent &event) {
        all += event.json;
        return true;
      });
      return done ? all : done.error().toUtf8();
    };
    HistoryEventQuery query;
    query.from = moment;
    query.to = moment + std::chrono::seconds(5);
    QCOMPARE(read(query), QByteArray("0123456789"));
    QCOMPARE(read(query, std::pair(moment + std::chrono::seconds(1), qint64(3))), QByteArray("3456789"));
    query.kinds = {QStringLiteral("alarm")};
    QCOMPARE(read(query), QByteArray("0369"));
    query.kinds << QStringLiteral("system");
    query.sources = {QStringLiteral("y")};
    query.newestFirst = true;
    QCOMPARE(read(query), QByteArray("9731"));
    QCOMPARE(read(query, std::pair(moment + std::chrono::seconds(3), qint64(8))), QByteArray("31"));
    query.to = moment + std::chrono::seconds(1);
    QCOMPARE(read(query), QByteArray("1"));
  }

  void gapsThatOverlapAreTold() {
    QVERIFY(m_store->write(gapWork({moment, moment + std::chrono::seconds(10), 42, QStringLiteral("overflow")}), {})
                .has_value());
    QVERIFY(begin().has_value());
    const auto gaps = m_reader->gaps(moment + std::chrono::seconds(5), moment + std::chrono::seconds(6)).value();
    QCOMPARE(gaps.size(), 1);
    QCOMPARE(gaps.first().records, 42);
    QCOMPARE(gaps.first().reason, QStringLiteral("overflow"));
    QVERIFY(m_reader->gaps(moment + std::chrono::seconds(11), moment + std::chrono::seconds(12)).value().isEmpty());
  }

  void aGapThatGoesOnStaysOne() {
    const auto mark = [&](int from, int to, const char *reason) {
      const HistoryGap gap{moment + std::chrono::seconds(from), moment + std::chrono::seconds(to), 10,
                           QString::fromUtf8(reason)};
      return m_store->write(gapWork(gap), {}).has_value();
    };
    QVERIFY(mark(0, 10, "overflow"));
    QVERIFY(mark(10, 20, "overflow"));
    QVERIFY(mark(15, 18, "thinned"));  // another reason keeps nothing apart
    QVERIFY(mark(15, 30, "overflow"));
    QVERIFY(mark(31, 40, "overflow"));
    QCOMPARE(OtherProgram(m_path).one("SELECT (from_ns - 1770733530123456789) / 1000000000, (to_ns - "
                                      "1770733530123456789) / 1000000000, records, reason FROM gaps ORDER BY id"),
             QStringLiteral("0|30|30|overflow\n15|18|10|thinned\n31|40|10|overflow"));
  }

  void ofManyGapsTheNewestAreTold() {
    QVERIFY(OtherProgram(m_path).execute(
        "INSERT INTO gaps WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)"
        " SELECT i, 10 * i, 10 * i + 5, 1, 'overflow' FROM n"));
    QVERIFY(begin().has_value());
    const auto gaps = m_reader->gaps(farPast, farFuture).value();
    QCOMPARE(gaps.size(), 10'000);
    QCOMPARE(gaps.first().from, Time(std::chrono::nanoseconds(60)));
    QCOMPARE(gaps.last().from, Time(std::chrono::nanoseconds(100'050)));
  }
};

TAGWIRE_TEST(SqlSqliteEventsTest)

}  // namespace sql_sqliteevents_test

#include "sql_sqliteevents_test.moc"
