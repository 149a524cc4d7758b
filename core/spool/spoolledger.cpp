// SPDX-License-Identifier: Apache-2.0
#include "spoolledger.h"

#include <algorithm>

namespace tagwire::spool {

namespace {

constexpr qsizetype mostLosses = 256;

bool touches(const SegmentInfo &segment, quint64 first, quint64 next) {
  return segment.base < next && first < segment.next;
}

}  // namespace

// Recovery ------------------------------------------------------------------------------------------------------

void SpoolLedger::takeIn(std::unique_ptr<Lane> lane) {
  const std::lock_guard lock(m_mutex);
  quint64 gaps = 0;
  for (auto &[base, segment] : lane->segments) {
    segment.serial = ++m_lastSerial;
    // A file that was listed as gone just before a crash: its gaps are lost already.
    const quint64 settled = lane->settled(segment.base, segment.next);
    segment.gaps = std::min(segment.gaps, segment.next - segment.base - settled);
    gaps += segment.gaps;
  }
  counts(lane->stream).accepted += static_cast<qint64>(lane->end - lane->lost.count(0, lane->end) - gaps);
  m_lanes[static_cast<size_t>(lane->stream)].push_back(std::move(lane));
}

void SpoolLedger::leaveAlone(quint64 boot, Stream stream, const SequenceSet &gone) {
  const std::lock_guard lock(m_mutex);
  m_leftAlone[{boot, stream}] = gone;
}

void SpoolLedger::begin(quint64 boot, quint32 ordinal) {
  const std::lock_guard lock(m_mutex);
  for (const Stream stream : {Stream::Telemetry, Stream::Events}) {
    auto lane = std::make_unique<Lane>();
    lane->boot = boot;
    lane->ordinal = ordinal;
    lane->stream = stream;
    m_lanes[static_cast<size_t>(stream)].push_back(std::move(lane));
  }
}

Lane *SpoolLedger::laneOf(Stream stream, quint64 boot) const {
  for (const auto &lane : m_lanes[static_cast<size_t>(stream)]) {
    if (lane->boot == boot) return lane.get();
  }
  return nullptr;
}

// The adding side -----------------------------------------------------------------------------------------------

SegmentInfo &SpoolLedger::open(Stream stream) const { return current(stream).segments.rbegin()->second; }

quint64 SpoolLedger::beginSegment(Stream stream, const QString &path, std::shared_ptr<SpoolFile> file) {
  const std::lock_guard lock(m_mutex);
  Lane &lane = current(stream);
  SegmentInfo segment;
  segment.serial = ++m_lastSerial;
  segment.base = segment.next = lane.end;
  segment.bytes = SegmentHead::bytes;
  segment.isOpen = true;
  segment.path = path;
  segment.file = std::move(file);
  // One that was given up before anything was accepted in it began at the same place.
  lane.segments.insert_or_assign(lane.end, std::move(segment));
  return m_lastSerial;
}

void SpoolLedger::accept(Stream stream, quint64 next, quint64 records, qint64 bytes, const TimeSpan &times) {
  const std::lock_guard lock(m_mutex);
  Lane &lane = current(stream);
  SegmentInfo &segment = open(stream);
  segment.gaps += next - lane.end - records;
  segment.next = lane.end = next;
  segment.bytes = bytes;
  segment.times.add(times);
  counts(stream).accepted += static_cast<qint64>(records);
}

void SpoolLedger::endSegment(Stream stream, qint64 bytes, bool keepsFile) {
  const std::lock_guard lock(m_mutex);
  SegmentInfo &segment = open(stream);
  segment.isOpen = false;
  segment.bytes = bytes;
  if (!keepsFile) segment.file.reset();
}

void SpoolLedger::refuse(Stream stream, quint64 records, const TimeSpan &times) {
  const std::lock_guard lock(m_mutex);
  counts(stream).refused += static_cast<qint64>(records);
  lose(SpoolLoss::Reason::SpoolFailed, stream, static_cast<qint64>(records), times);
}

// The reading side ----------------------------------------------------------------------------------------------

std::optional<SpoolLedger::Due> SpoolLedger::due(Stream stream, std::optional<quint64> from) const {
  const std::lock_guard lock(m_mutex);
  const auto &lanes = m_lanes[static_cast<size_t>(stream)];
  for (auto each = from && !lanes.empty() ? std::prev(lanes.end()) : lanes.begin(); each != lanes.end(); ++each) {
    const Lane &lane = **each;
    quint64 first = from.value_or(0);
    for (quint64 before = first + 1; before != first;) {
      before = first;
      first = lane.lost.firstMissing(lane.delivered.firstMissing(first));
    }
    if (first >= lane.end) continue;
    Due due;
    due.first = first;
    due.range = {lane.boot, stream, std::max(from.value_or(0), lane.delivered.endBefore(first)),
                 lane.delivered.firstPresent(first, lane.end)};
    return due;
  }
  return {};
}

SpoolLedger::Place SpoolLedger::placeOf(const SpoolRange &range, quint64 first, quint64 limit) const {
  const std::lock_guard lock(m_mutex);
  const Lane *lane = laneOf(range.stream, range.boot);
  if (!lane) return {limit, limit, {}};
  first = lane->lost.firstMissing(first);
  if (first >= limit) return {limit, limit, {}};
  auto after = lane->segments.upper_bound(first);
  const quint64 nextBase = after == lane->segments.end() ? limit : std::min(limit, after->first);
  if (after != lane->segments.begin() && std::prev(after)->second.next > first) {
    const SegmentInfo &segment = std::prev(after)->second;
    return {first, std::min(limit, segment.next), segment};
  }
  return {first, nextBase, {}};
}

bool SpoolLedger::noteRead(const SpoolRange &range, quint64 serial, const std::vector<Missing> &missing) {
  const std::lock_guard lock(m_mutex);
  Lane *lane = laneOf(range.stream, range.boot);
  if (!lane) return false;
  const auto at = std::find_if(lane->segments.begin(), lane->segments.end(),
                               [serial](auto &each) { return each.second.serial == serial; });
  if (serial != 0 && at == lane->segments.end()) return false;
  for (const Missing &each : missing) {
    if (!each.isDamage) {
      if (serial != 0) noteGap(*lane, at->second, each);
      continue;
    }
    const qint64 records = settle(*lane, each.first, each.next);
    counts(range.stream).damaged += records;
    lose(SpoolLoss::Reason::Damaged, range.stream, records, each.around);
  }
  lane->reading.add(range.first, range.next);
  return true;
}

void SpoolLedger::deliver(const SpoolRange &range) {
  const std::lock_guard lock(m_mutex);
  Lane *lane = laneOf(range.stream, range.boot);
  if (!lane) return;
  const quint64 next = std::min(range.next, lane->end);
  if (range.first >= next) return;
  counts(range.stream).delivered += claim(*lane, range.first, next, true);
  lane->delivered.add(range.first, next);
  lane->lost.remove(range.first, next);
  lane->reading.remove(range.first, next);
}

std::vector<SegmentInfo> SpoolLedger::gappedIn(const SpoolRange &range) const {
  const std::lock_guard lock(m_mutex);
  std::vector<SegmentInfo> found;
  const Lane *lane = laneOf(range.stream, range.boot);
  if (!lane) return found;
  for (const auto &[base, segment] : lane->segments) {
    if (segment.gaps > 0 && touches(segment, range.first, range.next)) found.push_back(segment);
  }
  return found;
}

// From any thread -----------------------------------------------------------------------------------------------

qint64 SpoolLedger::claim(Lane &lane, quint64 first, quint64 next, bool areRecords) {
  quint64 records = next - first - lane.settled(first, next);
  auto at = lane.segments.upper_bound(first);
  if (at != lane.segments.begin()) --at;
  for (; at != lane.segments.end() && at->first < next; ++at) {
    SegmentInfo &segment = at->second;
    const quint64 from = std::max(first, segment.base);
    const quint64 to = std::min(next, segment.next);
    if (segment.gaps == 0 || from >= to) continue;
    const quint64 here = to - from - lane.settled(from, to);
    const quint64 waiting = segment.next - segment.base - lane.settled(segment.base, segment.next) - segment.gaps;
    const quint64 gaps = areRecords ? here - std::min(here, waiting) : std::min(here, segment.gaps);
    segment.gaps -= gaps;
    records -= gaps;
  }
  return static_cast<qint64>(records);
}

qint64 SpoolLedger::settle(Lane &lane, quint64 first, quint64 next) {
  const qint64 records = claim(lane, first, next, false);
  lane.lost.addWithout(first, next, lane.delivered);
  return records;
}

void SpoolLedger::noteGap(Lane &lane, SegmentInfo &segment, const Missing &gap) {
  const quint64 sequences = gap.next - gap.first - lane.settled(gap.first, gap.next);
  lane.lost.addWithout(gap.first, gap.next, lane.delivered);
  const quint64 expected = std::min(sequences, segment.gaps);
  segment.gaps -= expected;
  // Damage met before was taken for these gaps.
  const auto damaged = static_cast<qint64>(sequences - expected);
  counts(lane.stream).damaged += damaged;
  lose(SpoolLoss::Reason::Damaged, lane.stream, damaged, segment.times);
}

void SpoolLedger::lose(SpoolLoss::Reason reason, Stream stream, qint64 records, const TimeSpan &times) {
  if (records <= 0) return;
  const Time now = std::chrono::system_clock::now();
  SpoolLoss loss{reason, stream, records, times.from.value_or(now), times.to.value_or(now)};
  if (m_losses.size() >= mostLosses) {
    const auto same = std::find_if(m_losses.begin(), m_losses.end(), [&](const SpoolLoss &each) {
      return each.reason == reason && each.stream == stream;
    });
    if (same != m_losses.end()) {
      same->records += records;
      same->from = std::min(same->from, loss.from);
      same->to = std::max(same->to, loss.to);
      return;
    }
  }
  m_losses << loss;
}

quint64 SpoolLedger::end(Stream stream) const {
  const std::lock_guard lock(m_mutex);
  return m_lanes[static_cast<size_t>(stream)].empty() ? 0 : current(stream).end;
}

QList<quint64> SpoolLedger::boots() const {
  const std::lock_guard lock(m_mutex);
  QList<quint64> boots;
  for (const Lanes &lanes : m_lanes) {
    for (const auto &lane : lanes) {
      if (!boots.contains(lane->boot)) boots << lane->boot;
    }
  }
  for (const auto &[lane, gone] : m_leftAlone) {
    if (!boots.contains(lane.first)) boots << lane.first;
  }
  return boots;
}

SpoolFigures SpoolLedger::figures(Stream stream) const {
  const std::lock_guard lock(m_mutex);
  SpoolFigures figures = m_figures[static_cast<size_t>(stream)];
  figures.waiting = figures.accepted - figures.delivered - figures.overflowed - figures.thinned - figures.damaged;
  for (const auto &lane : m_lanes[static_cast<size_t>(stream)]) {
    for (const auto &[base, segment] : lane->segments) figures.bytes += segment.bytes;
  }
  return figures;
}

QList<SpoolLoss> SpoolLedger::takeLosses() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_losses, {});
}

}  // namespace tagwire::spool
