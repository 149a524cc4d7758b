// SPDX-License-Identifier: Apache-2.0
#include "rest/historyexport.h"

#include <QPointer>

namespace tagwire::ws {

HistoryExport::HistoryExport(std::unique_ptr<Stream> stream, ExportSource source, CallerPointer caller,
                             const Clock &clock, std::chrono::nanoseconds writeTimeout, bool isChunked)
    : m_stream(std::move(stream)),
      m_source(std::move(source)),
      m_caller(std::move(caller)),
      m_clock(clock),
      m_writeTimeout(writeTimeout),
      m_isChunked(isChunked),
      m_progressSince(clock.elapsed()) {}

HistoryExport::~HistoryExport() {
  if (m_stream) m_stream->setUser(nullptr);
}

void HistoryExport::begin(const QByteArray &head, const ExportPage &first) {
  m_stream->setUser(this);
  m_stream->setReading(true);  // so that we hear of a client that leaves
  m_stream->write(head);
  send(first);
}

void HistoryExport::send(const ExportPage &page) {
  if (!page.text.isEmpty()) {
    if (m_stream->bytesToWrite() == 0) {
      m_progress = 0;
      m_progressSince = m_clock.elapsed();
    }
    const QByteArray size = m_isChunked ? QByteArray::number(page.text.size(), 16) + "\r\n" : QByteArray();
    m_stream->write(size + page.text + (m_isChunked ? "\r\n" : ""));
  }
  m_next = page.next;
  if (m_next.isEmpty()) return end(End::Whole);
  goOn();
}

void HistoryExport::goOn() {
  if (isOver() || m_isAsking || m_again || m_stream->bytesToWrite() > mostAhead) return;
  m_isAsking = true;
  m_source(m_next, [self = QPointer<HistoryExport>(this)](const tl::expected<ExportPage, Refusal> &page) {
    if (!self || self->isOver()) return;
    self->m_isAsking = false;
    if (!page) return self->waitOrEnd(page.error());
    self->m_trouble.reset();
    self->m_backoff.reset();
    self->send(*page);
  });
}

/// A busy moment or a restart of the database passes; a question that is refused stays so.
void HistoryExport::waitOrEnd(const Refusal &refusal) {
  const auto now = m_clock.elapsed();
  if (!m_trouble) m_trouble = now;
  if (refusal.status != 503 || now - *m_trouble >= longestTrouble) return end(End::Failed);
  m_again = now + m_backoff.next();
}

/// Behind a request whose answer ends the connection no other is answered.
void HistoryExport::streamReadable() {
  m_taken += m_stream->read().size();
  if (m_taken > mostTaken) end(End::Left);
}

void HistoryExport::streamTook(qint64 bytes) {
  m_progress += bytes;
  goOn();
}

void HistoryExport::tick() {
  const auto now = m_clock.elapsed();
  if (m_again && now >= *m_again) {
    m_again.reset();
    goOn();
  }
  if (isOver() || m_stream->bytesToWrite() == 0) return;
  if (now - m_progressSince < m_writeTimeout) return;
  if (m_progress < leastProgress) return end(End::Slow);
  m_progress = 0;
  m_progressSince = now;
}

void HistoryExport::end(End how) {
  if (isOver()) return;
  m_end = how;
  if (how == End::Whole && m_isChunked) m_stream->write("0\r\n\r\n");
  m_stream->setUser(nullptr);
  // The caller may be the stream, further up the stack.
  QMetaObject::invokeMethod(this, &HistoryExport::ended, Qt::QueuedConnection);
}

}  // namespace tagwire::ws
