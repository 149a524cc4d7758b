// SPDX-License-Identifier: Apache-2.0
#include "spoolthinning.h"

#include <QFile>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <unordered_map>

namespace tagwire::spool {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds periods[thinLevels] = {10s, 60s, 600s};

SegmentScanner scannerOf(const std::shared_ptr<SpoolFile> &file, const SegmentInfo &segment, const SpoolRange &lane) {
  return SegmentScanner(file, seedOf(lane.boot, lane.stream), segment.base, SegmentHead::bytes, segment.bytes);
}

std::shared_ptr<SpoolFile> fileOf(const SegmentInfo &segment) {
  return segment.file ? segment.file : SpoolFile::open(segment.path, SpoolFile::Mode::Read, nullptr).value_or(nullptr);
}

/// Which records stay. Plain class.
class Sieve {
 public:
  explicit Sieve(std::chrono::nanoseconds period) : m_period(period) {}

  void look(PointKey point, quint64 sequence) { m_points[point].last = sequence; }
  bool keeps(const StoredSample &sample, quint64 sequence) {
    PointState &state = m_points[sample.point];
    const qint64 slot = sample.time.time_since_epoch() / m_period;
    const bool isKept =
        !state.isSeen || slot != state.slot || sample.quality != state.quality || sequence == state.last;
    state.isSeen = true;
    state.slot = slot;
    state.quality = sample.quality;
    return isKept;
  }

 private:
  struct PointState {
    quint64 last = 0;
    qint64 slot = 0;
    Quality quality;
    bool isSeen = false;
  };

  const std::chrono::nanoseconds m_period;
  std::unordered_map<PointKey, PointState> m_points;
};

/// Puts the new segment together.
class ThinWriter {
 public:
  ThinWriter(const SpoolLedger::Candidate &old, Thinned &thinned)
      : m_seed(seedOf(old.lane.boot, old.lane.stream)), m_old(old), m_thinned(thinned) {}

  void take(const SegmentScanner::Found &found, Sieve &sieve) {
    if (found.record.type == RecordType::Point) return appendCopy(m_buffer, m_seed, found.record);
    if (found.record.type == RecordType::Gap) return leaveOut(found.sequence, readGap(found.record));
    StoredSample sample;
    if (found.record.type != RecordType::Sample || !readSampleHead(found.record, sample)) return;
    const bool isSettled = m_old.settled.contains(found.sequence, found.sequence + 1);
    if (!isSettled && sieve.keeps(sample, found.sequence)) {
      flush();
      appendCopy(m_buffer, m_seed, found.record);
      m_thinned.segment.times.add(sample.time);
      return;
    }
    leaveOut(found.sequence, 1);
    if (isSettled) return;
    ++m_thinned.removed;
    m_thinned.times.add(sample.time);
  }
  const RecordBuffer &finish() {
    flush();
    appendEnd(m_buffer, m_seed, m_old.segment.next);
    return m_buffer;
  }

 private:
  void leaveOut(quint64 sequence, quint64 count) {
    count = std::min(count, m_old.segment.next - sequence);
    if (sequence != m_gapNext) {
      flush();
      m_gapFirst = sequence;
    }
    m_gapNext = sequence + count;
  }
  void flush() {
    if (m_gapFirst < m_gapNext) appendGap(m_buffer, m_seed, m_gapFirst, m_gapNext);
    m_gapFirst = m_gapNext;
  }

  const quint32 m_seed;
  const SpoolLedger::Candidate &m_old;
  Thinned &m_thinned;
  RecordBuffer m_buffer;
  quint64 m_gapFirst = 0;
  quint64 m_gapNext = 0;
};

bool isOf(const SegmentScanner::Found &found, const SegmentInfo &segment) {
  return found.record.type == RecordType::Point || (found.sequence >= segment.base && found.sequence < segment.next);
}

bool writeNew(const QString &path, const QByteArray &head, const RecordBuffer &records, bool isSync) {
  QFile::remove(path);
  const auto file = SpoolFile::open(path, SpoolFile::Mode::Make, nullptr);
  if (!file) return false;
  RecordBuffer first;
  std::memcpy(first.room(head.size()), head.constData(), static_cast<size_t>(head.size()));
  first.setEnd(first.bytes() + head.size());
  const bool isWritten = (*file)->write(0, first, records) && (!isSync || (*file)->sync());
  if (!isWritten) QFile::remove(path);
  return isWritten;
}

}  // namespace

std::optional<Thinned> thinSegment(const SpoolLedger::Candidate &old, const QByteArray &spool, bool isSync) {
  const auto file = fileOf(old.segment);
  if (!file) return {};
  const int level = std::clamp(old.segment.thinLevel, 0, thinLevels - 1);
  Sieve sieve(periods[level]);
  auto first = scannerOf(file, old.segment, old.lane);
  while (const auto found = first.next()) {
    StoredSample sample;
    if (found->record.type == RecordType::Sample && isOf(*found, old.segment) &&
        readSampleHead(found->record, sample)) {
      sieve.look(sample.point, found->sequence);
    }
  }
  Thinned thinned;
  thinned.segment.base = old.segment.base;
  thinned.segment.next = old.segment.next;
  thinned.segment.path = old.segment.path;
  thinned.segment.thinLevel = level + 1;
  ThinWriter writer(old, thinned);
  auto second = scannerOf(file, old.segment, old.lane);
  while (const auto found = second.next()) {
    if (isOf(*found, old.segment)) writer.take(*found, sieve);
  }
  const RecordBuffer &records = writer.finish();
  const SegmentHead head{old.lane.stream,  static_cast<quint8>(level + 1),   old.ordinal, old.lane.boot,
                         old.segment.base, std::chrono::system_clock::now(), spool};
  thinned.newPath = old.segment.path + QStringLiteral(".new");
  thinned.segment.bytes = SegmentHead::bytes + records.size();
  if (!writeNew(thinned.newPath, head.written(), records, isSync)) return {};
  return thinned;
}

std::vector<SpoolLedger::Missing> gapsOf(const SegmentInfo &segment, const SpoolRange &lane) {
  std::vector<SpoolLedger::Missing> gaps;
  const auto file = fileOf(segment);
  if (!file) return gaps;
  auto scanner = scannerOf(file, segment, lane);
  while (const auto found = scanner.next()) {
    if (found->record.type != RecordType::Gap || !isOf(*found, segment)) continue;
    const quint64 next = std::min(segment.next, found->sequence + readGap(found->record));
    gaps.push_back({found->sequence, next, {}, false});
  }
  return gaps;
}

}  // namespace tagwire::spool
