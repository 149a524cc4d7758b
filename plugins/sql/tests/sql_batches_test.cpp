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
