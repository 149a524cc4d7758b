// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTemporaryDir>
#include <QTest>

#include "otherprogram.h"
#include "sqlite/sqlitestore.h"
#include "storefixture.h"

namespace tagwire::sql {

/// A store in a folder that goes away, and a second connection that reads what is really there. For a test class to
/// derive from.
class SqliteStoreCase {
 protected:
  /// As before each test.
  void begin() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fixture = std::make_unique<StoreFixture>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
    m_store = std::make_unique<SqliteStore>(m_path, busyTimeout);
    const auto opened = m_store->open();
    QVERIFY2(opened.has_value(), opened ? "" : qPrintable(opened.error().text));
  }
  /// As after each test.
  void end() { m_store.reset(); }

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

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<StoreFixture> m_fixture;
  std::unique_ptr<SqliteStore> m_store;
  QString m_path;
};

}  // namespace tagwire::sql
