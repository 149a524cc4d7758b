// SPDX-License-Identifier: Apache-2.0
#include "farewell.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

Farewell::Farewell(std::unique_ptr<Stream> stream, QObject *parent) : QObject(parent), m_stream(std::move(stream)) {
  connect(&m_deadline, &QTimer::timeout, this, &QObject::deleteLater);
  m_deadline.setSingleShot(true);
  m_deadline.start(2s);
  m_stream->setUser(this);
  m_stream->setReading(true);
  m_stream->endWriting();
}

void Farewell::streamTook(qint64 bytes) {
  m_progress += bytes;
  if (m_progress >= leastProgress) {
    m_progress = 0;
    m_deadline.start(2s);
  }
  endIfSaid();
}

/// Who has ended its direction may still read what waits.
void Farewell::endIfSaid() {
  if (m_stream->hasEnded() && m_stream->bytesToWrite() == 0) deleteLater();
}

void Farewells::add(std::unique_ptr<Stream> stream) {
  if (!stream) return;
  const bool isSaid = stream->hasEnded() && stream->bytesToWrite() == 0;
  if (!isSaid && children().size() < most) {
    new Farewell(std::move(stream), this);
    return;
  }
  stream->setUser(nullptr);
  stream->abort();
  stream.release()->deleteLater();  // it may be at work right now, further up the stack
}

qint64 Farewells::bytesToWrite() const {
  qint64 sum = 0;
  for (const QObject *each : children()) {
    if (const auto *farewell = qobject_cast<const Farewell *>(each)) sum += farewell->bytesToWrite();
  }
  return sum;
}

}  // namespace tagwire::ws
