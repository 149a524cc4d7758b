// SPDX-License-Identifier: Apache-2.0
#include "storefixture.h"
#include "testprogram.h"

namespace storehistory_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

AlarmConditionChange changeOf(qint64 alarm) {
  AlarmConditionChange change;
  change.alarmId = alarm;
  change.ruleId = 3;
  change.state = AlarmState::Alarm;
  return change;
}

}  // namespace

/// Questions to the store's history.
class StoreHistoryTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void r3_24_theHistoryIsFilteredAndPaged_data() {
    QTest::addColumn<QVariantList>("range");
    QTest::addColumn<QList<int>>("rules");
    QTest::addColumn<int>("states");
    QTest::addColumn<QString>("ids");
    const QList<int> all;
    QTest::newRow("all") << QVariantList{} << all << 0 << QStringLiteral("1 2 3 4 5 6 7 8 9");
    QTest::newRow("half-open range") << QVariantList{2, 5} << all << 0 << QStringLiteral("2 3 4");
    QTest::newRow("one rule") << QVariantList{} << QList<int>{2} << 0 << QStringLiteral("2 5 8");
    QTest::newRow("two rules in a range") << QVariantList{4, 9} << QList<int>{2, 3} << 0 << QStringLiteral("5 6 8");
    QTest::newRow("states") << QVariantList{} << all << 1 << QStringLiteral("1 2 4 5 7 8");
    QTest::newRow("states of a rule") << QVariantList{} << QList<int>{3} << 1 << QString();
    QTest::newRow("no such rule") << QVariantList{} << QList<int>{9} << 0 << QString();
  }
  void r3_24_theHistoryIsFilteredAndPaged() {
    QFETCH(QVariantList, range);
    QFETCH(QList<int>, rules);
    QFETCH(int, states);
    QFETCH(QString, ids);
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work;  // ALARM of rule 1, WARNING of rule 2, a change of rule 3, and so on
    for (int i = 1; i <= 9; ++i) {
      Event event = transition(1 + (i - 1) % 3, i, i % 3 == 1 ? AlarmState::Alarm : AlarmState::Warning, at(i));
      if (i % 3 == 0) event.body = changeOf(i);
      work.records << event;
    }
    QVERIFY(fixture.commit(work));
    AlarmHistoryQuery query;
    if (!range.isEmpty()) {
      query.from = at(range.at(0).toInt());
      query.to = at(range.at(1).toInt());
    }
    query.rules = rules;
    if (states != 0) query.states = {AlarmState::Alarm, AlarmState::Warning};
    for (const bool newestFirst : {false, true}) {
      query.newestFirst = newestFirst;
      QStringList expected = ids.split(u' ', Qt::SkipEmptyParts);
      if (newestFirst) std::reverse(expected.begin(), expected.end());
      for (const int limit : {1, 2, 1000}) {
        query.limit = limit;
        QCOMPARE(pagesOf(fixture, query), expected.join(u' '));
      }
    }
  }

  void recordsOfTheSameMomentArePagedByNumber() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work;
    for (int i = 1; i <= 5; ++i) work.records << transition(1, i, AlarmState::Alarm, at(0));
    QVERIFY(fixture.commit(work));
    AlarmHistoryQuery query;
    query.limit = 2;
    QCOMPARE(pagesOf(fixture, query), QStringLiteral("1 2 3 4 5"));
    query.newestFirst = true;
    QCOMPARE(pagesOf(fixture, query), QStringLiteral("5 4 3 2 1"));
  }

  void aPageBehindARecordThatIsGoneBeginsWithTheOldest() {
    StoreFixture fixture(3);
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(manyRecords(10)));
    AlarmHistoryQuery query;
    query.after = 2;
    QCOMPARE(idsOf(fixture.history(query).value()), QStringLiteral("8 9 10"));
    query.newestFirst = true;
    QCOMPARE(idsOf(fixture.history(query).value()), QString());
  }

  void r3_25_whatCameOrRoseIsTold() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    using enum AlarmState;
    StoreWork work;
    work.records << transition(1, 1, Warning, at(1), Ok) << transition(1, 1, Alarm, at(2), Warning)
                 << transition(1, 1, Warning, at(3), Alarm) << transition(1, 1, Ok, at(4), Warning)
                 << Event{.time = at(4), .source = {}, .body = changeOf(1)} << transition(2, 2, Alarm, at(5), Ok)
                 << transition(2, 3, Alarm, at(6), Ok);
    std::get<AlarmTransition>(work.records[5].body).severity = Severity::Critical;
    std::get<AlarmTransition>(work.records[5].body).area = QStringLiteral("here");
    QVERIFY(fixture.commit(work));
    const auto came = fixture.came(at(1), at(6));
    QVERIFY(came.has_value());
    QCOMPARE(came->size(), 3);
    QCOMPARE(came->at(0).time, at(1));
    QCOMPARE(came->at(1).time, at(2));
    QCOMPARE(came->at(2).time, at(5));
    QCOMPARE(came->at(2).ruleId, 2);
    QCOMPARE(came->at(2).ruleName, QStringLiteral("rule 2"));
    QCOMPARE(came->at(2).area, QStringLiteral("here"));
    QCOMPARE(came->at(2).severity, Severity::Critical);
  }

  void tooManyQuestionsAreRefused() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    int answered = 0;
    int refused = 0;
    for (int i = 0; i < 150; ++i) {
      fixture.store->history([&](const auto &events) { ++(events ? answered : refused); }, {});
    }
    QCOMPARE(answered + refused, 0);
    QTRY_COMPARE(answered + refused, 150);
    QCOMPARE(answered, static_cast<int>(AlarmStore::mostQuestions));
  }

  void rangesAndRulesAreReadAlongAnIndex_data() {
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("index");
    QTest::newRow("range") << QStringLiteral("time_ns >= 1 AND time_ns < 9 AND (time_ns, id) > (2, 5)")
                           << QStringLiteral("alarm_history_by_time (time_ns>? AND time_ns<?)");
    QTest::newRow("rule") << QStringLiteral("time_ns >= 1 AND rule_id = 5")
                          << QStringLiteral("alarm_history_by_rule (rule_id=? AND time_ns>?)");
    QTest::newRow("rules") << QStringLiteral("time_ns >= 1 AND +rule_id IN (5,6)")
                           << QStringLiteral("alarm_history_by_time (time_ns>?)");
  }
  void rangesAndRulesAreReadAlongAnIndex() {
    QFETCH(QString, where);
    QFETCH(QString, index);
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    for (const char *order : {" ORDER BY time_ns, id", " ORDER BY time_ns DESC, id DESC"}) {
      const QString sql =
          QStringLiteral("EXPLAIN QUERY PLAN SELECT json FROM alarm_history WHERE ") + where + QLatin1String(order);
      const QString plan = fixture.read(qPrintable(sql), 4);
      QVERIFY2(plan.contains(index) && !plan.contains(u"TEMP B-TREE"), qPrintable(plan));
    }
  }

 private:
  /// Page by page, each behind the last record of the one before.
  static QString pagesOf(StoreFixture &fixture, AlarmHistoryQuery query) {
    QStringList ids;
    while (true) {
      const auto page = fixture.history(query);
      if (!page) return page.error();
      if (page->size() > query.limit) return QStringLiteral("too many");
      if (page->isEmpty()) return ids.join(u' ');
      ids << idsOf(*page);
      query.after = page->last().sequence;
    }
  }
};

TAGWIRE_TEST(StoreHistoryTest)

}  // namespace storehistory_test

#include "storehistory_test.moc"
