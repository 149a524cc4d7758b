// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "questionsfixture.h"
#include "testprogram.h"

namespace sql_query_test {

using namespace tagwire;
using namespace tagwire::sql;

namespace {

HistoryQuery everything(int points) {
  HistoryQuery query;
  for (int i = 0; i < points; ++i) query.points << named(i);
  query.from = newYear;
  query.to = newYear + std::chrono::hours(24 * 365);
  return query;
}

}  // namespace

class SqlQueryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void pagesGiveEachValueOnceInBothDirections_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 40; ++seed) QTest::addRow("%d", seed) << seed;
  }
  void pagesGiveEachValueOnceInBothDirections() {
    QFETCH(int, seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    MemoryReader reader;
    QStringList expected;
    for (int point = 0; point < 4; ++point) reader.addPoint({named(point)});
    for (int i = 0; i < 120; ++i) {
      reader.add(1 + static_cast<qint64>(random() % 3), newYear + std::chrono::seconds(random() % 9), Value(qint64(i)));
    }
    HistoryQuery query = everything(4);
    query.limit = 1 + seed % 13;
    query.newestFirst = seed % 2 == 0;
    QStringList given;
    qint64 late = 1000;
    for (int pages = 0; pages < 200; ++pages) {
      const auto page = HistoryQuestions(reader).values(query, patience());
      QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
      int count = 0;
      for (const HistorySeries &series : page->series) {
        for (const HistoryValue &value : series.values) {
          ++count;
          const qint64 number = std::get<qint64>(value.value);
          if (number < 1000) given << series.point.name + QString::number(number);
        }
      }
      QVERIFY(count <= query.limit);
      query.after = page->next;
      if (query.after.isEmpty()) break;
      QCOMPARE(count, query.limit);
      // Values that come meanwhile may be given or not, but never move what was there.
      for (qint64 point = 1; point <= 3 && late < 1030; ++point) {
        reader.add(point, newYear + std::chrono::seconds(random() % 9), Value(late++));
      }
    }
    QVERIFY(query.after.isEmpty());
    for (qint64 point = 1; point <= 3; ++point) {
      QStringList ofPoint;
      for (const auto &record : reader.records(point)) {
        const qint64 number = std::get<qint64>(record.value.value);
        if (number < 1000) ofPoint << named(static_cast<int>(point) - 1) + QString::number(number);
      }
      if (query.newestFirst) std::reverse(ofPoint.begin(), ofPoint.end());
      expected << ofPoint;
    }
    QCOMPARE(given, expected);
  }

  void firstPageTellsGapsAndEachSeriesItsValueBefore() {
    MemoryReader reader;
    reader.addPoint({named(0), ValueType::Double, QStringLiteral("bar")});
    reader.addPoint({named(1)});
    reader.add(1, newYear - 5min, Value(1.0));
    for (int i = 0; i < 3; ++i) reader.add(1, newYear + std::chrono::seconds(i), Value(2.0));
    reader.add(2, newYear - 1min, Value(7.0));
    reader.addGap({newYear - 1h, newYear + 1s, 12, QStringLiteral("overflow")});
    reader.addGap({newYear - 2h, newYear, 12, QStringLiteral("overflow")});
    HistoryQuery query = everything(3);
    query.limit = 2;
    query.withBefore = true;
    HistoryQuestions questions(reader);
    const auto first = questions.values(query, patience());
    QVERIFY2(first.has_value(), qPrintable(errorOf(first)));
    QCOMPARE(first->series.size(), 1);
    QCOMPARE(first->series[0].point.unit, QStringLiteral("bar"));
    QCOMPARE(first->series[0].before->time, newYear - 5min);
    QCOMPARE(first->gaps.size(), 1);
    QCOMPARE(first->unknown, QStringList{named(2)});
    query.after = first->next;
    const auto second = questions.values(query, patience());
    QVERIFY2(second.has_value(), qPrintable(errorOf(second)));
    QCOMPARE(second->series.size(), 2);
    QVERIFY(!second->series[0].before);
    QCOMPARE(second->series[0].values.size(), 1);
    QCOMPARE(second->series[1].before->value, Value(7.0));
    QVERIFY(second->gaps.isEmpty());
    QVERIFY(second->next.isEmpty());
    QVERIFY(!reader.isBegun);
  }

  void aTagGivesItsPositions() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("uwb/S1/position"), ValueType::Position, {}, QStringLiteral("S1")});
    reader.addPoint({QStringLiteral("uwb/S1/zone"), ValueType::Int, {}, QStringLiteral("S1")});
    reader.add(1, newYear, Value(Position{1, 2, 3, {}}));
    reader.add(2, newYear, Value(qint64(7)));
    HistoryQuery query;
    query.tags = QStringList{QStringLiteral("S1"), QStringLiteral("S2")};
    query.from = newYear;
    query.to = newYear + 1h;
    const auto page = HistoryQuestions(reader).values(query, patience());
    QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
    QCOMPARE(page->series.size(), 1);
    QCOMPARE(std::get<Position>(page->series[0].values[0].value).y, 2.0);
    QCOMPARE(page->unknown, QStringList{QStringLiteral("S2")});
  }

  void longTextsCutAPage() {
    MemoryReader reader;
    reader.addPoint({named(0), ValueType::Text});
    for (int i = 0; i < 200; ++i) reader.add(1, newYear + std::chrono::seconds(i), Value(QString(65'536, u'x')));
    HistoryQuery query = everything(1);
    qsizetype count = 0;
    int pages = 0;
    do {
      const auto page = HistoryQuestions(reader).values(query, patience());
      QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
      QVERIFY(page->series[0].values.size() <= 64);
      count += page->series[0].values.size();
      query.after = page->next;
    } while (!query.after.isEmpty() && ++pages < 10);
    QCOMPARE(count, 200);
  }

  void lastBeforeATime() {
    MemoryReader reader;
    reader.addPoint({named(0)});
    reader.addPoint({named(1)});
    reader.add(1, newYear, Value(1.0));
    reader.add(1, newYear + 1s, Value(2.0));
    const auto page = HistoryQuestions(reader).lastBefore({named(0), named(1), named(2)}, {}, newYear + 1s, patience());
    QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
    QCOMPARE(page->series.size(), 2);
    QCOMPARE(page->series[0].before->value, Value(1.0));
    QVERIFY(!page->series[1].before);
    QCOMPARE(page->unknown, QStringList{named(2)});
  }

  void eventsByPages_data() {
    QTest::addColumn<bool>("newestFirst");
    QTest::newRow("oldest first") << false;
    QTest::newRow("newest first") << true;
  }
  void eventsByPages() {
    QFETCH(bool, newestFirst);
    MemoryReader reader;
    for (int i = 0; i < 25; ++i) {
      reader.addEvent(i, {newYear + std::chrono::seconds(i / 4), QStringLiteral("alarms"),
                          i % 5 == 0 ? QStringLiteral("system") : QStringLiteral("alarm"), QByteArray::number(i)});
    }
    HistoryEventQuery query;
    query.kinds = QStringList{QStringLiteral("alarm")};
    query.from = newYear;
    query.to = newYear + 1h;
    query.limit = 3;
    query.newestFirst = newestFirst;
    QList<int> given;
    do {
      const auto page = HistoryQuestions(reader).events(query, patience());
      QVERIFY(page.has_value());
      for (const HistoryEvent &event : page->events) given << event.json.toInt();
      query.after = page->next;
    } while (!query.after.isEmpty() && given.size() < 100);
    QCOMPARE(given.size(), 20);
    QVERIFY(newestFirst ? std::is_sorted(given.rbegin(), given.rend()) : std::is_sorted(given.begin(), given.end()));
  }

  void storedPointsByName() {
    MemoryReader reader;
    for (const int i : {3, 1, 2}) reader.addPoint({named(i)});
    HistoryQuestions questions(reader);
    const auto first = questions.storedPoints({}, 2, patience());
    QVERIFY(first.has_value());
    QCOMPARE(first->size(), 2);
    QCOMPARE(first->last().name, named(2));
    const auto second = questions.storedPoints(named(2), 2, patience());
    QCOMPARE(second->size(), 1);
    QVERIFY(!questions.storedPoints({}, 0, patience()));
  }

  void wrongQuestionsAreToldWhatIsAllowed_data() {
    QTest::addColumn<HistoryQuery>("query");
    QTest::addColumn<QString>("error");
    const HistoryQuery good = everything(1);
    HistoryQuery query = good;
    query.points.clear();
    QTest::newRow("none") << query << QStringLiteral("0 points and tags are asked for (allowed: 1 to 100)");
    query.points = QStringList(101, named(0));
    QTest::newRow("many") << query << QStringLiteral("101 points and tags are asked for (allowed: 1 to 100)");
    query = good;
    query.points << QString();
    QTest::newRow("empty") << query << QStringLiteral("is empty");
    query = good;
    query.to = query.from;
    QTest::newRow("range") << query << QStringLiteral("(allowed: from < to)");
    query = good;
    query.limit = 0;
    QTest::newRow("limit") << query << QStringLiteral("limit is 0 (allowed: 1 to 10000)");
    query.limit = 10'001;
    QTest::newRow("high limit") << query << QStringLiteral("limit is 10001 (allowed: 1 to 10000)");
    query = good;
    query.after = QStringLiteral("x");
    QTest::newRow("cursor") << query << QStringLiteral("after is no cursor of this question");
    const ReadingPlace place{named(0), true, newYear, 1};
    query.after = toCursor(place, true);
    QTest::newRow("other direction") << query << QStringLiteral("after is no cursor of this question");
    query.after = toCursor(EventPlace{newYear, 1}, false);
    QTest::newRow("of events") << query << QStringLiteral("after is no cursor of this question");
    query.after = toCursor({named(5), true, newYear, 1}, false);
    QTest::newRow("other point") << query << QStringLiteral("after names a point that is not asked for");
    query.after = toCursor(place, false) + u'A';
    QTest::newRow("longer") << query << QStringLiteral("after is no cursor of this question");
    query.after = QString(100'000, u'A');
    QTest::newRow("huge") << query << QStringLiteral("after is no cursor of this question");
  }
  void wrongQuestionsAreToldWhatIsAllowed() {
    QFETCH(HistoryQuery, query);
    QFETCH(QString, error);
    MemoryReader reader;
    reader.addPoint({named(0)});
    const auto page = HistoryQuestions(reader).values(query, patience());
    QVERIFY(!page);
    QVERIFY2(page.error().contains(error), qPrintable(page.error()));
    QVERIFY(!reader.isBegun);
  }

  void everyDamageToACursorIsSeen() {
    const QString cursor = toCursor(ReadingPlace{named(0), true, newYear, 3}, false);
    QVERIFY(valuePlace(cursor, false) == ReadingPlace({named(0), true, newYear, 3}));
    for (qsizetype i = 0; i < cursor.size(); ++i) {
      QString damaged = cursor;
      damaged[i] = damaged[i] == u'A' ? u'Q' : u'A';
      const auto place = valuePlace(damaged, false);
      QVERIFY2(!place || *place == ReadingPlace({named(0), true, newYear, 3}), qPrintable(damaged));
      QVERIFY(!valuePlace(cursor.left(i), false));
    }
  }

  void aStoreThatIsAwayIsSaid() {
    MemoryReader reader;
    reader.failing = QStringLiteral("the file is locked");
    const auto page = HistoryQuestions(reader).values(everything(1), patience());
    QCOMPARE(errorOf(page), QStringLiteral("the file is locked"));
  }
};

TAGWIRE_TEST(SqlQueryTest)

}  // namespace sql_query_test

#include "sql_query_test.moc"
