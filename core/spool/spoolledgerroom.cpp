// SPDX-License-Identifier: Apache-2.0
// What of the ledger is about room: which file may go next, and which are of no use any more.
#include <QFile>
#include <QtEndian>

#include <algorithm>
#include <cstdio>

#include "checksum.h"
#include "spoolledger.h"

namespace tagwire::spool {

namespace {

constexpr char goneMagic[] = "TWGONE1\n";
constexpr qsizetype magicBytes = 8;
constexpr qsizetype entryBytes = 8 + 8 + 8 + 8;

void append(QByteArray &to, quint64 value) {
  char bytes[8];
  qToLittleEndian(value, bytes);
  to.append(bytes, 8);
}

void append(QByteArray &to, quint64 boot, Stream stream, const SequenceSet &gone) {
  for (const auto &[first, next] : gone.intervals()) {
    for (const quint64 value : {boot, static_cast<quint64>(stream), first, next}) append(to, value);
  }
}

}  // namespace

qint64 SpoolLedger::bytes(Stream stream) const { return figures(stream).bytes; }

qsizetype SpoolLedger::segments(Stream stream) const {
  const std::lock_guard lock(m_mutex);
  qsizetype sum = 0;
  for (const auto &lane : m_lanes[static_cast<size_t>(stream)]) sum += static_cast<qsizetype>(lane->segments.size());
  return sum;
}

std::optional<SpoolLedger::Candidate> SpoolLedger::toThin(int mostThinned) const {
  const std::lock_guard lock(m_mutex);
  const Lane *best = nullptr;
  const SegmentInfo *chosen = nullptr;
  for (const auto &lane : m_lanes[static_cast<size_t>(Stream::Telemetry)]) {
    for (const auto &[base, segment] : lane->segments) {
      if (segment.isOpen || segment.file || segment.thinLevel >= (chosen ? chosen->thinLevel : mostThinned)) continue;
      if (lane->reading.count(segment.base, segment.next) > 0) continue;
      best = lane.get();
      chosen = &segment;
    }
  }
  if (!chosen) return {};
  Candidate candidate{{best->boot, best->stream, chosen->base, chosen->next}, best->ordinal, *chosen, {}};
  for (const SequenceSet *set : {&best->delivered, &best->lost}) {
    for (const auto &[first, next] : set->intervals()) {
      candidate.settled.add(std::max(first, chosen->base), std::min(next, chosen->next));
    }
  }
  return candidate;
}

bool SpoolLedger::replace(const Candidate &old, const SegmentInfo &thinned, const QString &newPath, quint64 records,
                          const TimeSpan &times) {
  const std::lock_guard lock(m_mutex);
  Lane *lane = laneOf(old.lane.stream, old.lane.boot);
  if (!lane) return false;
  const auto at = lane->segments.find(old.segment.base);
  if (at == lane->segments.end() || at->second.serial != old.segment.serial) return false;
  if (lane->reading.count(old.segment.base, old.segment.next) > 0) return false;
  const bool isSettledFurther =
      lane->settled(old.segment.base, old.segment.next) != old.settled.count(old.segment.base, old.segment.next);
  if (isSettledFurther) return false;
  // Under the lock, so that nobody takes the one file for the other.
  if (::rename(QFile::encodeName(newPath).constData(), QFile::encodeName(old.segment.path).constData()) != 0) {
    return false;
  }
  const quint64 gaps = at->second.gaps + records;
  at->second = thinned;
  at->second.gaps = gaps;
  at->second.serial = ++m_lastSerial;
  counts(old.lane.stream).thinned += static_cast<qint64>(records);
  lose(SpoolLoss::Reason::Thinned, old.lane.stream, static_cast<qint64>(records), times);
  return true;
}

std::optional<SpoolLedger::Candidate> SpoolLedger::toDrop() const {
  const std::lock_guard lock(m_mutex);
  std::optional<Candidate> beingRead;
  for (const auto &lane : m_lanes[static_cast<size_t>(Stream::Telemetry)]) {
    for (const auto &[base, segment] : lane->segments) {
      if (segment.isOpen) continue;
      Candidate candidate{{lane->boot, lane->stream, segment.base, segment.next}, lane->ordinal, segment, {}};
      if (lane->reading.count(segment.base, segment.next) == 0) return candidate;
      if (!beingRead) beingRead = candidate;
    }
  }
  return beingRead;
}

void SpoolLedger::drop(const Candidate &segment) {
  const std::lock_guard lock(m_mutex);
  Lane *lane = laneOf(segment.lane.stream, segment.lane.boot);
  if (!lane) return;
  const qint64 records = settle(*lane, segment.lane.first, segment.lane.next);
  counts(segment.lane.stream).overflowed += records;
  lose(SpoolLoss::Reason::Overflow, segment.lane.stream, records, segment.segment.times);
}

qint64 SpoolLedger::waitingEventBytes() const {
  const std::lock_guard lock(m_mutex);
  qint64 sum = 0;
  for (const auto &lane : m_lanes[static_cast<size_t>(Stream::Events)]) {
    for (const auto &[base, segment] : lane->segments) {
      if (lane->settled(segment.base, segment.next) < segment.next - segment.base) sum += segment.bytes;
    }
  }
  return sum;
}

QStringList SpoolLedger::takeFinished() {
  const std::lock_guard lock(m_mutex);
  QStringList paths;
  for (Lanes &lanes : m_lanes) {
    for (const auto &lane : lanes) {
      for (auto at = lane->segments.begin(); at != lane->segments.end();) {
        if (!lane->isFinished(at->second)) {
          ++at;
          continue;
        }
        paths << at->second.path;
        lane->gone.add(at->second.base, at->second.next);
        at = lane->segments.erase(at);
      }
    }
    // Of an earlier boot without files nothing can come any more.
    const auto isOver = [&](const std::unique_ptr<Lane> &lane) {
      if (lane == lanes.back() || !lane->segments.empty()) return false;
      const qint64 records = settle(*lane, 0, lane->end);
      counts(lane->stream).damaged += records;
      lose(SpoolLoss::Reason::Damaged, lane->stream, records, {});
      return true;
    };
    lanes.erase(std::remove_if(lanes.begin(), lanes.end(), isOver), lanes.end());
  }
  return paths;
}

QByteArray SpoolLedger::goneList() const {
  const std::lock_guard lock(m_mutex);
  QByteArray list(goneMagic, magicBytes);
  for (const Lanes &lanes : m_lanes) {
    for (const auto &lane : lanes) append(list, lane->boot, lane->stream, lane->gone);
  }
  for (const auto &[lane, gone] : m_leftAlone) append(list, lane.first, lane.second, gone);
  append(list, checksum(0, list.constData(), static_cast<size_t>(list.size())));
  return list;
}

std::optional<std::map<std::pair<quint64, Stream>, SequenceSet>> readGoneList(const QByteArray &content) {
  const qsizetype body = content.size() - 8;
  if (body < magicBytes || (body - magicBytes) % entryBytes != 0 || !content.startsWith(goneMagic)) return {};
  const auto sum = qFromLittleEndian<quint64>(content.constData() + body);
  if (sum != checksum(0, content.constData(), static_cast<size_t>(body))) return {};
  std::map<std::pair<quint64, Stream>, SequenceSet> gone;
  for (qsizetype at = magicBytes; at < body; at += entryBytes) {
    const char *entry = content.constData() + at;
    const auto stream = qFromLittleEndian<quint64>(entry + 8) == 0 ? Stream::Telemetry : Stream::Events;
    gone[{qFromLittleEndian<quint64>(entry), stream}].add(qFromLittleEndian<quint64>(entry + 16),
                                                          qFromLittleEndian<quint64>(entry + 24));
  }
  return gone;
}

}  // namespace tagwire::spool
