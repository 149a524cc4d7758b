// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cmath>
#include <limits>

#include "storefixture.h"
#include "testprogram.h"

namespace alarmstore_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Event fullTransition(PointId point, double value) {
  AlarmTransition alarm;
  alarm.alarmId = 1'770'733'530'123'456;
  alarm.ruleId = 77;
  alarm.ruleName = QStringLiteral("Kühlraum '1'; DROP TABLE alarm_history; --");
  alarm.area = QStringLiteral("cold-store/room1");
  alarm.state = AlarmState::Alarm;
  alarm.previous = AlarmState::Warning;
  alarm.condition = AlarmCondition::UnacknowledgedActive;
  alarm.severity = Severity::Critical;
  alarm.comparison = QStringLiteral("outside_range");
  alarm.level = QStringLiteral("HH");
  alarm.point = point;
  alarm.pointNumber = 42;
  alarm.value = value;
  alarm.valueText = QStringLiteral("Tripped");
  alarm.warningThreshold = 0.1;
  alarm.alarmThreshold = 1.0 / 3;
  alarm.warningThresholdLow = -1e308;
  alarm.warningThresholdHigh = 5e-324;
  alarm.alarmThresholdLow = 0.0;
  alarm.alarmThresholdHigh = 9'007'199'254'740'993.0;
  alarm.message = QStringLiteral("Rule -> ALARM \"now\"");
  alarm.isFirstOut = true;
  alarm.isChattering = true;
  alarm.isStored = false;
  return {
      .time = Time(std::chrono::nanoseconds(1'770'733'530'123'456'789)), .source = QStringLiteral("a"), .body = alarm};
}

Event fullChange() {
  AlarmConditionChange change;
  change.alarmId = 5;
  change.ruleId = 77;
  change.ruleName = QStringLiteral("rule");
  change.area = QStringLiteral("area");
  change.state = AlarmState::Warning;
  change.severity = Severity::Minor;
  change.condition = AlarmCondition::Shelved;
  change.previous = AlarmCondition::RtnUnacknowledged;
  change.cause = QStringLiteral("shelve");
  change.by = QStringLiteral("Jürgen");
  change.comment = QStringLiteral("noise");
  change.until = Time(std::chrono::nanoseconds(1'770'733'531'987'654'321));
  change.isStored = false;
  return {.time = at(3), .source = {}, .body = change};
}

/// What toJson() of an event leaves out or makes coarser is compared by itself.
bool isSame(const Event &a, Event b, const PointTable &points) {
  b.sequence = a.sequence;
  if (toJson(a, points) != toJson(b, points) || a.time != b.time) return false;
  if (const auto *alarm = std::get_if<AlarmTransition>(&a.body)) {
    const auto &other = std::get<AlarmTransition>(b.body);
    const bool isSameValue = alarm->value == other.value || (std::isnan(alarm->value) && std::isnan(other.value));
    return isSameValue && alarm->point == other.point && alarm->alarmId == other.alarmId;
  }
  return std::get<AlarmConditionChange>(a.body).until == std::get<AlarmConditionChange>(b.body).until;
}

}  // namespace

/// The store while all is well, against a second connection that reads what is really there.
class AlarmStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void r3_24_recordsComeBackAsTheyWere_data() {
    QTest::addColumn<double>("value");
    for (const double value : {85.5, 0.1, -1e308, 3.0, notANumber, infinity, -infinity}) {
      QTest::newRow(qPrintable(QString::number(value))) << value;
    }
  }
  void r3_24_recordsComeBackAsTheyWere() {
    QFETCH(double, value);
    StoreFixture fixture;
    PointInfo info;
    info.name = QStringLiteral("a");
    const PointId point =
        fixture.context.pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    QVERIFY(fixture.open().has_value());
    StoreWork work;
    work.records << fullTransition(point, value) << fullChange() << transition(1, 6, AlarmState::Warning, at(4));
    QVERIFY(fixture.commit(work));
    QVERIFY(fixture.reopen().has_value());
    const auto found = fixture.history();
    QVERIFY2(found.has_value(), qPrintable(found ? QString() : found.error()));
    QCOMPARE(idsOf(*found), QStringLiteral("2 3 1"));
    QVERIFY(isSame(found->at(2), work.records.at(0), fixture.context.points()));
    QVERIFY(isSame(found->at(0), work.records.at(1), fixture.context.points()));
    QVERIFY(isSame(found->at(1), work.records.at(2), fixture.context.points()));
  }

  void aPointThatIsGoneIsNone() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(workOf(fullTransition(static_cast<PointId>(7), 1))));
    const auto found = fixture.history();
    QVERIFY(found.has_value());
    QCOMPARE(std::get<AlarmTransition>(found->first().body).point, PointId::None);
  }

  void plainSqlReadsTheHistory() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work = workOf(fullTransition(PointId::None, 85.5));
    work.records << fullChange();
    QVERIFY(fixture.commit(work));
    QCOMPARE(fixture.read("SELECT t, kind, rule_id, area, alarm_id, state, previous, condition, severity, value, who, "
                          "cause, comment FROM alarm_history ORDER BY id",
                          13),
             QStringLiteral("2026-02-10T14:25:30.123Z|alarm|77|cold-store/room1|1770733530123456|ALARM|WARNING|"
                            "Unacknowledged-Active|critical|85.5|||\n"
                            "2026-02-02T02:40:03.000Z|alarm_condition|77|area|5|WARNING|RTN-Unacknowledged|Shelved|"
                            "minor||Jürgen|shelve|noise"));
    QCOMPARE(fixture.read("SELECT json_extract(json, '$.alarm_threshold_low'), json_extract(json, '$.until') FROM "
                          "alarm_history ORDER BY id",
                          2),
             QStringLiteral("0|\n|2026-02-10T14:25:31.987Z"));
  }

  void r3_15_everyVersionOfARuleIsKept() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work;
    const QJsonObject first{{QStringLiteral("id"), 7}, {QStringLiteral("alarm_threshold"), 80.5}};
    const QJsonObject second{{QStringLiteral("id"), 7}, {QStringLiteral("alarm_threshold"), 81}};
    work.rules << AlarmRule{7, first, false, 1, QStringLiteral("anna"), at(1)} << AlarmRule{8, first, false, 1};
    QVERIFY(fixture.commit(work));
    work.rules = {AlarmRule{7, second, false, 2, QStringLiteral("bert"), at(2) + std::chrono::nanoseconds(1)},
                  AlarmRule{8, {}, false, 2, QStringLiteral("bert"), at(3)}};
    QVERIFY(fixture.commit(work));
    const auto content = fixture.reopen();
    QVERIFY(content.has_value());
    QCOMPARE(content->rules.size(), 1);
    QCOMPARE(content->rules.first().id, 7);
    QCOMPARE(content->rules.first().version, 2);
    QCOMPARE(content->rules.first().rule, second);
    QVERIFY(!content->rules.first().isFromManifest);
    QCOMPARE(content->rules.first().changedBy, QStringLiteral("bert"));
    QCOMPARE(content->rules.first().changedAt, at(2) + std::chrono::nanoseconds(1));
    const auto versions = fixture.ruleVersions(8);
    QVERIFY(versions.has_value());
    QCOMPARE(versions->size(), 2);
    QCOMPARE(versions->at(0).rule, first);
    QVERIFY(!versions->at(0).changedAt.has_value());
    QVERIFY(versions->at(1).rule.isEmpty());
    QVERIFY(fixture.ruleVersions(9).value().isEmpty());
  }

  void noticesAreKeptUntilTheyAreSettled() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work;
    for (int i = 1; i <= 3; ++i) work.notices << Notice{i, QStringLiteral("mail"), at(i), at(i), 0, "{\"n\":1}"};
    QVERIFY(fixture.commit(work));
    StoreWork later;
    later.notices << Notice{2, QStringLiteral("mail"), at(2), at(9) + std::chrono::nanoseconds(5), 4, QByteArray()};
    later.settledNotices << 3 << 99;
    QVERIFY(fixture.commit(later));
    const auto content = fixture.reopen();
    QVERIFY(content.has_value());
    QCOMPARE(content->notices.size(), 2);
    QCOMPARE(content->notices.at(0).id, 1);
    QCOMPARE(content->notices.at(0).body, QByteArray("{\"n\":1}"));
    QCOMPARE(content->notices.at(1).id, 2);
    QCOMPARE(content->notices.at(1).target, QStringLiteral("mail"));
    QCOMPARE(content->notices.at(1).created, at(2));
    QCOMPARE(content->notices.at(1).notBefore, at(9) + std::chrono::nanoseconds(5));
    QCOMPARE(content->notices.at(1).attempts, 4);
    QCOMPARE(content->lastNotice, 3);
  }

  void r3_22_whatRulesRememberIsKeptToTheByte() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    const QByteArray hostile = QByteArrayLiteral("a\0b\xff\xfe{}");
    StoreWork work;
    work.alarms << KeptAlarm{2, hostile} << KeptAlarm{1, "old"} << KeptAlarm{3, "gone soon"} << KeptAlarm{1, "new"};
    QVERIFY(fixture.commit(work));
    work.alarms = {KeptAlarm{3, {}}, KeptAlarm{4, {}}};
    QVERIFY(fixture.commit(work));
    const auto content = fixture.reopen();
    QVERIFY(content.has_value());
    QCOMPARE(content->alarms.size(), 2);
    QCOMPARE(content->alarms.at(0).ruleId, 1);
    QCOMPARE(content->alarms.at(0).memory, QByteArray("new"));
    QCOMPARE(content->alarms.at(1).memory, hostile);
  }

  void wholeWorkTakesThePlaceOfAllThatWas() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    StoreWork work = manyRecords(2);
    work.alarms << KeptAlarm{1, "a"} << KeptAlarm{2, "b"};
    work.notices << Notice{1, QStringLiteral("t"), at(1), at(1), 0, "x"};
    work.rules << AlarmRule{7, {{QStringLiteral("id"), 7}}, false, 1};
    QVERIFY(fixture.commit(work));
    StoreWork whole;
    whole.isWhole = true;
    whole.alarms << KeptAlarm{2, "c"};
    QVERIFY(fixture.commit(whole));
    const auto content = fixture.reopen();
    QVERIFY(content.has_value());
    QCOMPARE(content->alarms.size(), 1);
    QCOMPARE(content->alarms.first().memory, QByteArray("c"));
    QVERIFY(content->notices.isEmpty());
    QCOMPARE(content->rules.size(), 1);
    QCOMPARE(fixture.history().value().size(), 2);
  }

  /// What was given up may be there all the same: then it is not stored twice, and nothing else suffers.
  void wholeWorkStoresNoRecordTwice() {
    StoreFixture fixture(100);
    QVERIFY(fixture.open().has_value());
    StoreWork work = manyRecords(3);
    work.notices << Notice{1'800'000'000'000'000, QStringLiteral("t"), at(1), at(1), 0, "x"};
    QVERIFY(fixture.commit(work));
    StoreWork whole = manyRecords(4);
    whole.isWhole = true;
    QVERIFY(fixture.commit(whole));
    QCOMPARE(idsOf(fixture.history().value()), QStringLiteral("1 2 3 4"));
    QVERIFY(fixture.commit(manyRecords(1, 50)));
    QCOMPARE(idsOf(fixture.history().value()), QStringLiteral("1 2 3 4 5"));
  }

  void numbersNeverFallBack() {
    StoreFixture fixture(5);
    QVERIFY(fixture.open().has_value());
    StoreWork work = workOf(transition(1, 5000, AlarmState::Alarm, at(0)));
    work.notices << Notice{40, QStringLiteral("t"), at(1), at(1), 0, "x"};
    QVERIFY(fixture.commit(work));
    work = manyRecords(20);
    work.settledNotices << 40;
    QVERIFY(fixture.commit(work));
    const auto content = fixture.reopen();
    QVERIFY(content.has_value());
    QCOMPARE(content->lastOccurrence, 5000);
    QCOMPARE(content->lastNotice, 40);
    QVERIFY(fixture.commit(manyRecords(1)));
    QCOMPARE(fixture.read("SELECT max(id) FROM alarm_history"), QStringLiteral("22"));
  }

  void whatWaitsIsCommittedTogetherAndAnsweredInOrder() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QList<int> answered;
    bool isWithinCall = true;
    for (int i = 0; i < 1000; ++i) {
      fixture.store->commit(manyRecords(1, i + 1), [&, i](bool isStored) {
        QVERIFY(isStored && !isWithinCall);
        answered << i;
      });
    }
    isWithinCall = false;
    QTRY_COMPARE(answered.size(), 1000);
    QVERIFY(std::is_sorted(answered.begin(), answered.end()));
    QVERIFY(fixture.metric("tagwire_alarms_store_commits_total") <= 3);
    QCOMPARE(fixture.metric("tagwire_alarms_store_records_total"), 1000.0);
    QCOMPARE(fixture.read("SELECT count(*), min(alarm_id = id), max(alarm_id) FROM alarm_history", 3),
             QStringLiteral("1000|1|1000"));
  }

  void theOldestRecordsGoInSmallSteps() {
    {
      StoreFixture fixture(100);
      QVERIFY(fixture.open().has_value());
      QVERIFY(fixture.commit(manyRecords(1000)));
      QCOMPARE(fixture.read("SELECT count(*), min(id), max(id) FROM alarm_history", 3), QStringLiteral("100|901|1000"));
      QVERIFY(fixture.commit(manyRecords(1)));
      QCOMPARE(fixture.read("SELECT count(*), min(id), max(id) FROM alarm_history", 3), QStringLiteral("100|902|1001"));
    }
    QTemporaryDir folder;
    StoreFixture before(10'000, folder.path());
    QVERIFY(before.open().has_value());
    QVERIFY(before.commit(manyRecords(3000)));
    before.store.reset();
    StoreFixture after(10, folder.path());  // the limit was lowered
    QVERIFY(after.open().has_value());
    QVERIFY(after.commit(manyRecords(1)));
    const int left = after.read("SELECT count(*) FROM alarm_history").toInt();
    QVERIFY2(left > 2000 && left < 3000, qPrintable(QString::number(left)));
    for (int i = 0; i < 10; ++i) QVERIFY(after.commit(manyRecords(1)));
    QCOMPARE(after.read("SELECT count(*) FROM alarm_history"), QStringLiteral("10"));
  }

  void theJournalIsBroughtHomeWhileItRuns() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    for (int i = 0; i < 20; ++i) QVERIFY(fixture.commit(manyRecords(1000)));
    QTRY_VERIFY(QFileInfo(fixture.path()).size() > 1'000'000);
    QVERIFY(fixture.commit(manyRecords(1)));
    QVERIFY(QFileInfo(fixture.path() + QStringLiteral("-wal")).size() < 30'000'000);
    QCOMPARE(fixture.read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  void closingWaitsForWhatIsUnderWay() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    int stored = 0;
    for (int i = 0; i < 100; ++i) fixture.store->commit(manyRecords(10), [&](bool isStored) { stored += isStored; });
    fixture.store->close();
    QCOMPARE(stored, 100);
    QVERIFY(!fixture.store->isUp());
    QVERIFY(!QFile::exists(fixture.path() + QStringLiteral("-wal")));
    QCOMPARE(fixture.read("SELECT count(*) FROM alarm_history"), QStringLiteral("1000"));
    QVERIFY(!fixture.commit(manyRecords(1)));
    QVERIFY(!fixture.history().has_value());
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(manyRecords(1)));
    QVERIFY(fixture.told.isEmpty());
  }

  void workBeforeTheFileIsOpenIsStored() {
    StoreFixture fixture;
    bool isStored = false;
    QVERIFY(!fixture.commit(manyRecords(1)));
    fixture.store->open({});
    QVERIFY(!fixture.store->isUp());
    fixture.store->commit(manyRecords(1), [&](bool stored) { isStored = stored; });
    QTRY_VERIFY(isStored);
    QVERIFY(fixture.store->isUp());
  }

  void destroyedWhileBusyItFinishes() {
    StoreFixture fixture;
    int answered = 0;
    fixture.store->open({});
    fixture.store->commit(manyRecords(1), [&](bool isStored) { answered += isStored; });
    fixture.store->history([&](const auto &) { ++answered; }, {});
    fixture.store.reset();
    QCOMPARE(answered, 2);
    StoreFixture unopened;
    unopened.store.reset();
    QVERIFY(!QFile::exists(unopened.path()));
  }

  void theFileIsForTheOwnerOnly() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(manyRecords(1)));
    for (const char *suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      QCOMPARE(::stat((QFile::encodeName(fixture.path()) + suffix).constData(), &status), 0);
      QCOMPARE(status.st_mode & 0777, mode_t(0600));
    }
  }
};

TAGWIRE_TEST(AlarmStoreTest)

}  // namespace alarmstore_test

#include "alarmstore_test.moc"
