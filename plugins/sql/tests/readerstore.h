// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memoryreader.h"
#include "storage/statement.h"
#include "store/historystore.h"

namespace tagwire::sql {

/// The writing side of a MemoryReader, for tests.
class ReaderStore : public HistoryStore {
 public:
  explicit ReaderStore(MemoryReader &reader) : m_reader(reader) {}

  int failures = 0;           ///< so many writes fail with an outage
  bool isLostAnswer = false;  ///< a failing write has stored it all the same
  int writes = 0;
  std::function<bool(const StoredSample &)> refuses = {};  ///< a row that is not wanted, nor what is written with it

  StoreResult<void> open() override {
    m_isOpen = true;
    return {};
  }
  void close() override { m_isOpen = false; }
  bool isOpen() const override { return m_isOpen; }
  StoreResult<QList<SpoolRange>> delivered(const QString &) override { return QList<SpoolRange>(); }
  StoreResult<void> keepBoots(const QString &, const QList<quint64> &) override { return {}; }
  StoreResult<void> write(const WriteWork &work, const PointLookup &points) override {
    ++writes;
    if (refuses && std::any_of(work.samples.begin(), work.samples.end(), refuses)) {
      return tl::unexpected(StoreError{StoreError::Kind::Refused, QStringLiteral("violates check \"sane\"")});
    }
    const bool isFailing = failures > 0;
    if (!isFailing || isLostAnswer) {
      for (const StoredSample &sample : work.samples) add(sample, *points(sample.point));
    }
    if (!isFailing) return {};
    --failures;
    m_isOpen = false;
    return tl::unexpected(StoreError{StoreError::Kind::Outage, QStringLiteral("the file is locked")});
  }
  StoreResult<bool> maintain(Time, const Retention &) override { return false; }
  void interrupt() override {}

 private:
  void add(const StoredSample &sample, const StoredPoint &point) {
    const auto row = m_reader.point(point.name);
    const qint64 id = *row ? (*row)->id : m_reader.addPoint({point.name, point.type, point.unit, point.tag});
    const Time time = sample.time - sample.time.time_since_epoch() % m_reader.keptTo;
    // As the stores do it.
    Value value = sample.value;
    if (auto *text = std::get_if<QString>(&value)) *text = QString::fromUtf8(storableText(*text, longestText));
    m_reader.addValue(id, {time, sample.received, value, sample.quality, sample.isHistorical});
  }

  MemoryReader &m_reader;
  bool m_isOpen = false;
};

}  // namespace tagwire::sql
