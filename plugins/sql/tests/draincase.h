// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTemporaryDir>
#include <QTest>

#include <numeric>

#include "drainwork.h"
#include "memorystore.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

/// A spool and what carries its records into a database in memory, step by step. For a test class to derive from.
class DrainCase {
 protected:
  static constexpr Time begin{std::chrono::seconds(1'770'000'000)};

  /// As before each test.
  void prepare() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_database = std::make_unique<MemoryDatabase>();
    m_now = DrainWork::Moment(1h);
    boot();
  }

  /// As the program does at its start.
  void boot() {
    SpoolSettings settings;
    settings.folder = m_folder->filePath(QStringLiteral("spool"));
    settings.segmentBytes = 64 * 1024;
    m_spool = std::make_shared<Spool>(settings);
    QVERIFY(m_spool->open().has_value());
    m_key = m_spool->keyOf({QStringLiteral("plc1/a")});
    m_quarantine = std::make_unique<Quarantine>(m_folder->filePath(QStringLiteral("quarantine.db")));
    DrainSettings drain;
    drain.makeStore = [this] { return std::make_unique<MemoryStore>(*m_database); };
    m_work = std::make_unique<DrainWork>(m_spool, *m_quarantine, drain);
  }

  void kill() {
    m_work.reset();
    m_quarantine.reset();
    m_spool.reset();
  }

  void addSamples(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      m_spool->add(StoredSample{0, m_key, {}, false, begin + i * 1ms, begin + i * 1ms, qint64(i)});
    }
    QVERIFY(m_spool->commit().has_value());
  }

  void addEvents(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      m_spool->add(StoredEvent{0, quint64(i), "epoch", begin + i * 1ms, "plc1", "system", QByteArray::number(i)});
    }
    QVERIFY(m_spool->commit().has_value());
  }

  bool step() {
    m_now += 1ms;
    const auto next = m_work->step(m_now, begin);
    const Ledger ledger = m_work->ledger();
    if (ledger.difference() != 0) qWarning() << "difference" << ledger.difference();
    return ledger.difference() == 0 && next >= m_now;
  }

  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      QVERIFY(step());
      m_now += 40s;  // over any pause
      if (m_work->ledger().spooled == 0 && m_work->outage().isEmpty() && i > 5) return;
    }
    QFAIL("it never ends");
  }

  QList<qint64> storedNumbers() const {
    QList<qint64> all;
    for (const StoredSample &sample : m_database->samples) all << std::get<qint64>(sample.value);
    return all;
  }

  static QList<qint64> upTo(int count) {
    QList<qint64> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<MemoryDatabase> m_database;
  std::shared_ptr<Spool> m_spool;
  std::unique_ptr<Quarantine> m_quarantine;
  std::unique_ptr<DrainWork> m_work;
  DrainWork::Moment m_now;
  PointKey m_key = 0;
};

}  // namespace tagwire::sql
