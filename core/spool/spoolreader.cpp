// SPDX-License-Identifier: Apache-2.0
#include "spoolreader.h"

#include <algorithm>

namespace tagwire::spool {

namespace {

constexpr qint64 mostBatchBytes = 16 * 1024 * 1024;

}  // namespace

SpoolBatch SpoolReader::read(Stream stream, std::optional<quint64> from, qsizetype most) {
  SpoolBatch batch;
  const auto due = m_ledger.due(stream, from);
  if (!due) return batch;
  m_bytes = 0;
  m_lastTime.reset();
  quint64 at = due->first;
  if (stream == Stream::Telemetry) {
    const auto records =
        std::min<quint64>(due->range.next - at, static_cast<quint64>(std::clamp<qsizetype>(most, 0, 262'144)));
    batch.samples.reserve(records);
  }
  while (at < due->range.next && !isFull(batch, most)) {
    const auto place = m_ledger.placeOf(due->range, at, due->range.next);
    if (place.first >= due->range.next) {
      at = due->range.next;
      break;
    }
    const auto samples = batch.samples.size();
    const auto events = batch.events.size();
    const Part part = place.segment ? readSegment(due->range, place, batch, most) : readHole(place);
    if (part.isStuck) break;
    const SpoolRange read{due->range.boot, stream, due->range.first, part.next};
    if (m_ledger.noteRead(read, place.segment ? place.segment->serial : 0, part.missing)) {
      at = part.next;
      continue;
    }
    // Dropped or thinned while it was read: what is left of it is read again.
    batch.samples.erase(batch.samples.begin() + static_cast<qptrdiff>(samples), batch.samples.end());
    batch.events.erase(batch.events.begin() + static_cast<qptrdiff>(events), batch.events.end());
  }
  batch.range = {due->range.boot, stream, due->range.first, at};
  if (at == due->first) batch.range.next = batch.range.first;
  return batch;
}

bool SpoolReader::isFull(const SpoolBatch &batch, qsizetype most) const {
  const auto records = static_cast<qsizetype>(batch.samples.size()) + static_cast<qsizetype>(batch.events.size());
  return records >= most || m_bytes >= mostBatchBytes;
}

SpoolReader::Part SpoolReader::readHole(const SpoolLedger::Place &place) const {
  Part part;
  part.next = place.next;
  part.missing.push_back({place.first, place.next, {m_lastTime, m_lastTime}, true});
  return part;
}

void SpoolReader::noteDamage(Part &part, quint64 next, const SegmentInfo &segment, std::optional<Time> until) const {
  if (next <= part.next) return;
  const TimeSpan around{m_lastTime ? m_lastTime : segment.times.from, until ? until : segment.times.to};
  part.missing.push_back({part.next, next, around, true});
  part.next = next;
}

SpoolReader::Part SpoolReader::readSegment(const SpoolRange &lane, const SpoolLedger::Place &place, SpoolBatch &batch,
                                           qsizetype most) {
  const SegmentInfo &segment = *place.segment;
  Part part;
  part.next = place.first;
  // Opened each time: a file that stays open takes up the disk after it was deleted.
  const auto file = segment.file
                        ? segment.file
                        : SpoolFile::open(segment.path, SpoolFile::Mode::Read, &part.isStuck).value_or(nullptr);
  if (part.isStuck) return part;
  const Bookmark start = bookmarkFor(segment, place.first);
  SegmentScanner scanner(file, seedOf(lane.boot, lane.stream), segment.base, start.offset, file ? segment.bytes : 0);
  while (part.next < place.next && !isFull(batch, most)) {
    const auto found = scanner.next();
    if (!found || (found->sequence >= place.next && found->record.type != RecordType::Point)) {
      noteDamage(part, place.next, segment, {});
      return part;
    }
    if (found->record.type == RecordType::Gap) {
      const quint64 next = std::min(place.next, found->sequence + readGap(found->record));
      if (next <= part.next) continue;
      noteDamage(part, found->sequence, segment, {});
      part.missing.push_back({part.next, next, {}, false});
      part.next = next;
    } else if (found->sequence >= part.next) {
      const auto time = take(*found, batch);
      if (!time) continue;
      noteDamage(part, found->sequence, segment, time);
      m_lastTime = time;
      ++part.next;
    }
  }
  mark({segment.serial, part.next, scanner.offset()});
  return part;
}

std::optional<Time> SpoolReader::take(const SegmentScanner::Found &found, SpoolBatch &batch) {
  if (found.record.type == RecordType::Sample) {
    StoredSample &sample = batch.samples.emplace_back();
    if (!readSample(found.record, sample) || !isKnown(sample.point)) {
      batch.samples.pop_back();
      return {};
    }
    sample.sequence = found.sequence;
    m_bytes += found.record.size;
    return sample.time;
  }
  StoredEvent event;
  if (found.record.type != RecordType::Event || !readEvent(found.record, event)) return {};
  event.sequence = found.sequence;
  m_bytes += found.record.size;
  batch.events.push_back(std::move(event));
  return batch.events.back().time;
}

bool SpoolReader::isKnown(PointKey point) {
  if (point < m_isKnown.size() && m_isKnown[point]) return true;
  if (!m_points.knows(point)) return false;
  if (point >= m_isKnown.size()) m_isKnown.resize(point + 1);
  m_isKnown[point] = 1;
  return true;
}

SpoolReader::Bookmark SpoolReader::bookmarkFor(const SegmentInfo &segment, quint64 sequence) const {
  Bookmark best{segment.serial, segment.base, SegmentHead::bytes};
  for (const Bookmark &each : m_bookmarks) {
    if (each.segment == segment.serial && each.sequence <= sequence && each.sequence > best.sequence) best = each;
  }
  return best;
}

void SpoolReader::mark(const Bookmark &bookmark) { m_bookmarks[m_nextBookmark++ % m_bookmarks.size()] = bookmark; }

}  // namespace tagwire::spool
