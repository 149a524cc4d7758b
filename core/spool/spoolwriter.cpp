// SPDX-License-Identifier: Apache-2.0
#include "spoolwriter.h"

#include <QFile>

#include <algorithm>
#include <cstring>

namespace tagwire::spool {

namespace {

constexpr qint64 pieceBytes = 1024 * 1024;
/// What waits in memory while the disk can't be written.
constexpr qint64 mostPendingBytes = 64 * 1024 * 1024;

}  // namespace

SpoolWriter::SpoolWriter(Stream stream, SpoolFolder &folder, SpoolLedger &ledger, PointBook &points, SpoolRoom &room)
    : m_stream(stream), m_folder(folder), m_ledger(ledger), m_points(points), m_room(room) {}

SpoolWriter::~SpoolWriter() {
  endSegment();
  (void)sync();
}

void SpoolWriter::begin(quint64 boot, quint32 ordinal) {
  m_head.stream = m_stream;
  m_head.boot = boot;
  m_head.ordinal = ordinal;
  m_seed = seedOf(boot, m_stream);
  m_pieceBytes = std::min(pieceBytes, m_room.segmentBytes(m_stream));
}

SpoolWriter::Piece &SpoolWriter::pieceForMore() {
  if (!m_pieces.empty() && m_pieces.back()->records.size() < m_pieceBytes) return *m_pieces.back();
  keepBound();
  auto piece = m_spare ? std::move(m_spare) : std::make_unique<Piece>();
  piece->records.clear();
  piece->points.clear();
  piece->times = {};
  piece->serial = ++m_lastPiece;
  piece->first = piece->next = m_nextSequence;
  m_pieces.push_back(std::move(piece));
  return *m_pieces.back();
}

void SpoolWriter::keepBound() {
  while (m_stream == Stream::Telemetry && m_pieces.size() > 1 && m_pendingBytes + pieceBytes > mostPendingBytes) {
    const Piece &oldest = *m_pieces.front();
    m_ledger.refuse(m_stream, oldest.next - oldest.first, oldest.times);
    m_pendingBytes -= oldest.records.size();
    m_pieces.pop_front();
  }
}

void SpoolWriter::add(const StoredSample &sample) {
  Piece &piece = pieceForMore();
  const qsizetype before = piece.records.size();
  appendSample(piece.records, m_seed, m_nextSequence, sample);
  m_pendingBytes += piece.records.size() - before;
  piece.next = ++m_nextSequence;
  piece.times.add(sample.time);
  if (sample.point >= m_seenIn.size()) m_seenIn.resize(sample.point + 1);
  if (m_seenIn[sample.point] == piece.serial) return;
  m_seenIn[sample.point] = piece.serial;
  piece.points.push_back(sample.point);
}

void SpoolWriter::add(const StoredEvent &event) {
  const bool hasRoom = m_pendingBytes + event.bytes() <= mostPendingBytes;
  Piece *piece = hasRoom ? &pieceForMore() : nullptr;
  const qsizetype before = piece ? piece->records.size() : 0;
  if (!piece || !appendEvent(piece->records, m_seed, m_nextSequence, event)) {
    TimeSpan times;
    times.add(event.time);
    m_ledger.refuse(m_stream, 1, times);
    return;
  }
  m_pendingBytes += piece->records.size() - before;
  piece->next = ++m_nextSequence;
  piece->times.add(event.time);
}

void SpoolWriter::forget(PointKey key) {
  if (key < m_toldIn.size()) m_toldIn[key] = 0;
}

Result<void> SpoolWriter::commit() {
  auto done = writePieces();
  if (done) return done;
  // Without their number: the text stays the same while the state does.
  const QString kind = m_stream == Stream::Events ? QStringLiteral("events") : QStringLiteral("samples");
  return failure(QStringLiteral("%1; %2 wait in memory").arg(done.error(), kind));
}

quint64 SpoolWriter::waiting() const {
  quint64 sum = 0;
  for (const auto &piece : m_pieces) sum += piece->next - piece->first;
  return sum;
}

void SpoolWriter::giveUp() {
  TimeSpan times;
  for (const auto &piece : m_pieces) times.add(piece->times);
  m_ledger.refuse(m_stream, waiting(), times);
  m_pieces.clear();
  m_pendingBytes = 0;
}

Result<void> SpoolWriter::writePieces() {
  while (!m_pieces.empty()) {
    if (m_pieces.front()->records.size() == 0) {  // its only record was refused
      m_pieces.pop_front();
      continue;
    }
    if (m_file && m_file->isUnlinked()) abandonSegment();
    if (!m_file) {
      if (auto begun = beginSegment(); !begun) return begun;
    }
    if (auto written = writePiece(*m_pieces.front()); !written) return written;
    m_spare = std::move(m_pieces.front());
    m_pieces.pop_front();
    m_pendingBytes -= m_spare->records.size();
    if (m_recordBytes >= m_room.segmentBytes(m_stream)) endSegment();
  }
  return {};
}

Result<void> SpoolWriter::beginSegment() {
  if (auto restored = m_folder.restore(); !restored) return restored;
  m_folder.sweep();
  if (auto room = m_room.make(m_stream); !room) return room;
  m_head.base = m_end;
  m_head.spool = m_folder.id();
  m_head.created = std::chrono::system_clock::now();
  const QString path = m_folder.path(m_head.fileName());
  QFile::remove(path);  // one of ours that was given up before anything was accepted in it
  auto file = SpoolFile::open(path, SpoolFile::Mode::Make, nullptr);
  if (!file) return failure(file.error());
  const QByteArray head = m_head.written();
  m_before.clear();
  std::memcpy(m_before.room(head.size()), head.constData(), static_cast<size_t>(head.size()));
  m_before.setEnd(m_before.bytes() + head.size());
  if (auto written = (*file)->write(0, m_before, {}); !written) {
    QFile::remove(path);
    return failure(QStringLiteral("%1: %2").arg(path, written.error()));
  }
  if (m_folder.settings().isSync) (void)syncFolder(m_folder.settings().folder);
  m_file = *file;
  m_bytes = SegmentHead::bytes;
  m_recordBytes = 0;
  m_segment = m_ledger.beginSegment(m_stream, path, m_file);
  return {};
}

void SpoolWriter::tellPoints(const Piece &piece) {
  for (const PointKey key : piece.points) {
    if (key >= m_toldIn.size()) m_toldIn.resize(key + 1);
    const StoredPointPointer point = m_toldIn[key] == m_segment ? nullptr : m_points.point(key);
    if (point) appendPoint(m_before, m_seed, key, *point);
  }
}

Result<void> SpoolWriter::writePiece(const Piece &piece) {
  m_before.clear();
  tellPoints(piece);
  if (piece.first > m_end) appendGap(m_before, m_seed, m_end, piece.first);
  auto written = m_file->write(m_bytes, m_before, piece.records);
  const bool isWritten = written.has_value();
  if (isWritten && m_folder.settings().isSync) written = m_file->sync();
  if (!written) {
    // After a failed sync nobody knows what is on the disk: all of it goes into another file.
    if (!m_file->cut(m_bytes) || isWritten) abandonSegment();
    return failure(QStringLiteral("spool: %1: %2").arg(m_folder.settings().folder, written.error()));
  }
  for (const PointKey key : piece.points) m_toldIn[key] = m_segment;
  m_bytes += m_before.size() + piece.records.size();
  m_recordBytes += piece.records.size();
  m_end = piece.next;
  m_ledger.accept(m_stream, piece.next, piece.next - piece.first, m_bytes, piece.times);
  return {};
}

void SpoolWriter::endSegment() {
  if (!m_file) return;
  m_before.clear();
  appendEnd(m_before, m_seed, m_end);
  // It only helps to see damage later: without it all is still there.
  if (m_file->write(m_bytes, m_before, {})) m_bytes += m_before.size();
  if (m_folder.settings().isSync) {
    (void)m_file->sync();
  } else {
    m_folder.syncLater(m_file);
  }
  m_ledger.endSegment(m_stream, m_bytes, false);
  m_file.reset();
  m_folder.sweep();
}

void SpoolWriter::abandonSegment() {
  m_ledger.endSegment(m_stream, m_bytes, m_file->isUnlinked());
  m_file.reset();
  m_folder.sweep();
}

Result<void> SpoolWriter::sync() {
  Result<void> result = m_folder.syncFinished();
  if (!m_file) return result;
  if (auto done = m_file->sync(); !done) {
    result = done;
    abandonSegment();
  }
  return result;
}

}  // namespace tagwire::spool
