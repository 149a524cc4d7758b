// SPDX-License-Identifier: Apache-2.0
// Publisher: what it says of how far it is.
#include "publisher.h"

namespace tagwire::cluster {

using namespace tagwire::spool;

PublisherFigures Publisher::figures() const {
  const std::lock_guard lock(m_mutex);
  return m_figures;
}

quint64 Publisher::given() const {
  const std::lock_guard lock(m_mutex);
  return m_given;
}

/// Acknowledgements come in any order, so it is not their number that counts.
void Publisher::confirm(quint64 stored) {
  for (int pass = 0; pass < 2; ++pass) {
    if (!m_checkpoint && !m_isCommitted) return;
    if (!m_checkpoint) m_checkpoint = {stored, {m_spool.end(Stream::Telemetry), m_spool.end(Stream::Events)}};
    for (const Stream stream : {Stream::Telemetry, Stream::Events}) {
      const auto index = static_cast<size_t>(stream);
      const quint64 end = m_checkpoint->end[index];
      if (m_spool.figures(stream).waiting == 0) continue;
      if (m_isOld[index] || m_next[index] < end) return;
      for (const auto &[number, message] : m_underWay) {
        if (message.page < 0 && message.range.stream == stream && message.range.first < end) return;
      }
    }
    m_confirmedGiven = std::max(m_confirmedGiven, m_checkpoint->given);
    m_checkpoint.reset();
  }
}

void Publisher::showFigures() {
  PublisherFigures figures;
  if (m_isSpoolOpen) {
    for (const Stream stream : {Stream::Telemetry, Stream::Events}) {
      const SpoolFigures of = m_spool.figures(stream);
      figures.accepted += of.accepted;
      figures.delivered += of.delivered;
      figures.waiting += of.waiting;
      figures.lost += of.overflowed + of.thinned + of.damaged;
      figures.refused += of.refused;
    }
  }
  figures.messages = m_messages;
  figures.bytes = m_bytes;
  figures.repeats = m_repeats;
  figures.duplicates = m_duplicates;
  figures.confirmedGiven = m_confirmedGiven;
  figures.newestPosition = m_newestPosition;
  const std::lock_guard lock(m_mutex);
  figures.refused += m_refusedEvents;
  m_figures = figures;
}

}  // namespace tagwire::cluster
