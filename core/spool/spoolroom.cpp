// SPDX-License-Identifier: Apache-2.0
#include "spoolroom.h"

#include <QFile>

#include "spoolthinning.h"

namespace tagwire::spool {

namespace {

// So many files can still be looked through at every start.
constexpr qsizetype mostSegments = 4096;
constexpr qint64 leastSegmentBytes = 16 * 1024;

}  // namespace

SpoolRoom::SpoolRoom(SpoolFolder &folder, SpoolLedger &ledger) : m_folder(folder), m_ledger(ledger) {}

qint64 SpoolRoom::eventBytes() const { return m_folder.settings().mostBytes / 10; }

qint64 SpoolRoom::segmentBytes(Stream stream) const {
  const SpoolSettings &settings = m_folder.settings();
  const qint64 share = stream == Stream::Events ? eventBytes() / 4 : (settings.mostBytes - eventBytes()) / 8;
  return std::max(leastSegmentBytes, std::min(settings.segmentBytes, share));
}

bool SpoolRoom::isEventsFull() const { return m_ledger.waitingEventBytes() >= eventBytes(); }

bool SpoolRoom::isTight() const {
  const SpoolSettings &settings = m_folder.settings();
  const qint64 most = settings.mostBytes - eventBytes() - segmentBytes(Stream::Telemetry);
  return m_ledger.bytes(Stream::Telemetry) > most || m_ledger.segments(Stream::Telemetry) >= mostSegments ||
         m_folder.freeShare() < settings.leastFreeShare;
}

Result<void> SpoolRoom::make(Stream stream) {
  while (isTight() && giveUpSome()) {
  }
  if (stream == Stream::Telemetry) return {};  // a segment or two there may always be: the store may keep up
  if (isEventsFull()) return failure(QStringLiteral("spool: its share for events is full"));
  const bool hasMany = m_ledger.segments(Stream::Events) > 1;
  if (hasMany && m_folder.freeShare() < m_folder.settings().leastFreeShare) {
    return failure(QStringLiteral("spool: the disk of %1 is nearly full").arg(m_folder.settings().folder));
  }
  return {};
}

bool SpoolRoom::giveUpSome() {
  if (m_folder.settings().overflow == SpoolSettings::Overflow::Thin) {
    // The other side may read on in one meanwhile; then there is another one.
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto candidate = m_ledger.toThin(thinLevels);
      if (candidate && thin(*candidate)) return true;
    }
  }
  const auto candidate = m_ledger.toDrop();
  if (candidate) drop(*candidate);
  return candidate.has_value();
}

bool SpoolRoom::thin(const SpoolLedger::Candidate &candidate) {
  const auto thinned = thinSegment(candidate, m_folder.id(), m_folder.settings().isSync);
  if (!thinned) return false;
  const bool isReplaced =
      m_ledger.replace(candidate, thinned->segment, thinned->newPath, thinned->removed, thinned->times);
  if (!isReplaced) QFile::remove(thinned->newPath);
  return isReplaced;
}

void SpoolRoom::drop(const SpoolLedger::Candidate &candidate) {
  m_ledger.drop(candidate);
  m_folder.sweep();
}

}  // namespace tagwire::spool
