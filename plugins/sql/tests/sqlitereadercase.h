// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTemporaryDir>
#include <QTest>

#include "otherprogram.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"
#include "storefixture.h"

namespace tagwire::sql {

constexpr Time farPast = Time::min();
constexpr Time farFuture = Time::max();

/// A store with a reader beside it, in a folder that goes away. For a test class to derive from.
class SqliteReaderCase {
 protected:
  /// As before each test.
  void prepare() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fixture = std::make_unique<StoreFixture>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
    m_store = std::make_unique<SqliteStore>(m_path, busyTimeout);
    QVERIFY(m_store->open().has_value());
    m_reader = std::make_unique<SqliteReader>(m_path, busyTimeout);
  }
  /// As after each test.
  void end() {
    m_reader.reset();
    m_store.reset();
  }

  bool write(const std::vector<StoredSample> &samples) {
    return m_store->write(StoreFixture::work(samples), m_fixture->lookup()).has_value();
  }
  /// What is newest becomes a run.
  bool settle() {
    for (int i = 0; i < 100; ++i) {
      const auto more = m_store->maintain(moment + std::chrono::hours(24 * 365), {});
      if (!more || !*more) return more.has_value();
    }
    return false;
  }
  Result<void> begin() { return m_reader->begin(StoreFixture::soon(), nullptr); }
  qint64 rowOf(const char *name) {
    const auto row = m_reader->point(QString::fromUtf8(name));
    return row && *row ? (*row)->id : -1;
  }
  std::vector<HistoryValue> values(qint64 point, Time from, Time to, bool newestFirst = false,
                                   size_t most = 1'000'000) {
    std::vector<HistoryValue> values;
    const auto read = m_reader->values(point, from, to, newestFirst, [&](const HistoryValue &value) {
      values.push_back(value);
      return values.size() < most;
    });
    if (!read) qWarning("%s", qPrintable(read.error()));
    return values;
  }
  static HistoryValue shown(const StoredSample &sample) {
    return {sample.time, sample.received, sample.value, sample.quality, sample.isHistorical};
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<StoreFixture> m_fixture;
  std::unique_ptr<SqliteStore> m_store;
  std::unique_ptr<SqliteReader> m_reader;
  QString m_path;
};

}  // namespace tagwire::sql
