// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "batchworks.h"
#include "otherprogram.h"
#include "sqlsink.h"
#include "testcontext.h"
#include "testprogram.h"

namespace sql_batches_test {

using namespace tagwire;
using namespace tagwire::sql;

/// What hubs hand in stands in an SQLite history once.
class SqlBatchesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void eachRecordIsStoredOnceHoweverItIsCut() {
    TestContext context(QStringLiteral("history"));
    const auto config = readConfig<SqlConfig>("{\"database\":\"sqlite:h.db\",\"fed_by\":\"cluster\"}");
    SqlSink sink(*config, context);
    sink.start();
    QRandomGenerator random(11);
    int isNew = 0;
    auto batches = cutInAnyWay(QStringLiteral("edge1"), 3000, random);
    auto more = cutInAnyWay(QStringLiteral("edge2"), 2000, random);
    batches.insert(batches.end(), more.begin(), more.end());
    for (size_t at = 0; at < batches.size();) {
      HistoryBatches some;
      for (int i = random.bounded(1, 9); i > 0 && at < batches.size(); --i) some.push_back(batches[at++]);
      std::optional<Result<int>> stored;
      sink.storeBatches([&](const Result<int> &answer) { stored = answer; }, QStringLiteral("cluster"),
                        std::make_shared<const HistoryBatches>(some));
      QTRY_VERIFY(stored.has_value());
      QVERIFY2(stored->has_value(), qPrintable(*stored ? QString() : stored->error()));
      isNew += **stored;
    }
    QCOMPARE(isNew, 5000);
    sink.stop();
    OtherProgram reader(context.dataDir() + QStringLiteral("/h.db"));
    QCOMPARE(reader.one("SELECT count(*), count(DISTINCT name || value) FROM history"), QStringLiteral("5000|5000"));
    // One range each: all adjoin.
    QCOMPARE(reader.one("SELECT count(*) FROM delivered WHERE spool LIKE 'edge%'"), QStringLiteral("2"));
  }

  // One record that the database does not want holds nothing up: it goes into quarantine, and its batch is stored.
  void aRefusedRecordIsSetAside() {
    TestContext context(QStringLiteral("history"));
    const auto config = readConfig<SqlConfig>("{\"database\":\"sqlite:h.db\",\"fed_by\":\"cluster\"}");
    SqlSink sink(*config, context);
    sink.start();
    std::optional<Result<int>> stored;
    const auto store = [&](const HistoryBatches &batches) {
      stored.reset();
      sink.storeBatches([&](const Result<int> &answer) { stored = answer; }, QStringLiteral("cluster"),
                        std::make_shared<const HistoryBatches>(batches));
      QTRY_VERIFY(stored.has_value());
      QVERIFY2(stored->has_value(), qPrintable(*stored ? QString() : stored->error()));
    };
    store({batchOf(QStringLiteral("edge1"), 0, 1)});
    const QString path = context.dataDir() + QStringLiteral("/h.db");
    QVERIFY(OtherProgram(path).execute(
        "CREATE TRIGGER no_13 BEFORE INSERT ON recent_samples WHEN new.value = 13 OR new.value = 137 "
        "BEGIN SELECT raise(ABORT, 'not this one'); END"));
    HistoryBatches batches{batchOf(QStringLiteral("edge1"), 1, 100), batchOf(QStringLiteral("edge2"), 130, 140),
                           batchOf(QStringLiteral("edge1"), 100, 200)};
    batches[1].range.boot = 2;  // a random number: no two spools have the same
    store(batches);
    if (QTest::currentTestFailed()) return;
    QCOMPARE(**stored, 199 + 10 - 3);  // 137 of both
    std::optional<Result<QuarantinePage>> page;
    sink.quarantined([&](const Result<QuarantinePage> &answer) { page = answer; }, 0, 10);
    QTRY_VERIFY(page.has_value());
    QVERIFY(*page);
    QStringList aside;
    for (const auto &record : (*page)->records) aside << record.what + u' ' + record.content + u' ' + record.reason;
    QCOMPARE(aside.size(), 3);
    QVERIFY2(aside[0].contains(QStringLiteral("edge1/b 13 good")) && aside[0].contains(QStringLiteral("not this one")),
             qPrintable(aside[0]));
    QVERIFY2(aside[1].contains(QStringLiteral("edge2/b 137 good")), qPrintable(aside[1]));
    QVERIFY2(aside[2].contains(QStringLiteral("edge1/b 137 good")), qPrintable(aside[2]));
    store(batches);  // all of it is known
    QCOMPARE(**stored, 0);
    {
      OtherProgram reader(path);
      QCOMPARE(reader.one("SELECT count(*) FROM history"), QStringLiteral("207"));
      QCOMPARE(reader.one("SELECT group_concat(first || '-' || next, ' ') FROM delivered WHERE spool LIKE 'edge%'"),
               QStringLiteral("0-200 130-140"));
      QVERIFY(reader.execute("DROP TRIGGER no_13"));
    }
    // Somebody has mended it, and has them tried again.
    std::optional<Result<int>> queued;
    sink.requeue([&](const Result<int> &answer) { queued = answer; }, {});
    QTRY_VERIFY(queued.has_value());
    QTRY_COMPARE(OtherProgram(path).one("SELECT count(*), count(DISTINCT name || value) FROM history"),
                 QStringLiteral("210|210"));
    sink.stop();
  }

  // Else everything would be there twice: by the bus and by the stream.
  void onlyTheNamedInstanceMayHandIn() {
    TestContext context(QStringLiteral("history"));
    const auto config = readConfig<SqlConfig>("{\"database\":\"sqlite:h.db\"}");
    SqlSink sink(*config, context);
    sink.start();
    std::optional<Result<int>> stored;
    sink.storeBatches([&](const Result<int> &answer) { stored = answer; }, QStringLiteral("cluster"),
                      std::make_shared<const HistoryBatches>());
    QVERIFY(stored && !stored->has_value());
    QVERIFY2(stored->error().contains(QStringLiteral("fed_by")), qPrintable(stored->error()));
    sink.stop();
  }
};

TAGWIRE_TEST(SqlBatchesTest)

}  // namespace sql_batches_test

#include "sql_batches_test.moc"
