// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <thread>

#include "batchworks.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "testprogram.h"

namespace postgres_batches_test {

using namespace tagwire;
using namespace tagwire::sql;

/// Hubs that write the same batches into one PostgreSQL at the same time.
class PostgresBatchesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }

  void twoHubsStoreEachRecordOnce() {
    std::atomic<int> isNew = 0;
    std::atomic<int> failures = 0;
    const auto hub = [&](int seed) {
      PostgresStore store(m_server.settings());
      if (!store.open()) {
        ++failures;
        return;
      }
      QRandomGenerator random(static_cast<quint32>(seed));
      std::vector<HistoryBatch> batches;
      for (const char *origin : {"edge1", "edge2", "edge3"}) {
        auto more = cutInAnyWay(QLatin1String(origin), 1500, random);
        batches.insert(batches.end(), more.begin(), more.end());
      }
      std::shuffle(batches.begin(), batches.end(), random);
      for (size_t at = 0; at < batches.size();) {
        HistoryBatches some;
        for (int i = random.bounded(1, 9); i > 0 && at < batches.size(); --i) some.push_back(batches[at++]);
        const auto stored = store.writeBatches(some);
        if (stored) {
          isNew += *stored;
        } else {
          ++failures;
        }
      }
    };
    std::vector<std::thread> hubs;
    for (int seed = 1; seed <= 3; ++seed) hubs.emplace_back(hub, seed);
    for (std::thread &each : hubs) each.join();
    QCOMPARE(failures.load(), 0);
    QCOMPARE(isNew.load(), 4500);
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*), count(DISTINCT (name, value)) FROM history")),
             QStringLiteral("4500|4500"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*), sum(next - first) FROM delivered")),
             QStringLiteral("3|4500"));
  }

 private:
  PostgresServer m_server;
};

TAGWIRE_TEST(PostgresBatchesTest)

}  // namespace postgres_batches_test

#include "postgres_batches_test.moc"
