// SPDX-License-Identifier: Apache-2.0
#include "remote/remoteschedule.h"

namespace tagwire::rtls {

void RemoteSchedule::start(Elapsed now) {
  m_pauses.reset();
  m_stage = Stage::Waiting;
  m_dialAt = now;
}

void RemoteSchedule::dialled(Elapsed now) {
  m_stage = Stage::Opening;
  m_since = now;
}

void RemoteSchedule::opened(Elapsed now) {
  m_stage = Stage::Asking;
  m_since = now;
}

void RemoteSchedule::asked(Elapsed now) {
  if (m_stage == Stage::Asking) m_since = now;
}

void RemoteSchedule::begun(Elapsed now) {
  if (m_stage != Stage::Asking) return;
  m_stage = Stage::Streaming;
  m_since = m_heard = now;
}

void RemoteSchedule::ended(Elapsed now) {
  if (m_stage == Stage::Idle || m_stage == Stage::Waiting) return;
  if (m_stage == Stage::Streaming && now - m_since >= held) m_pauses.reset();
  m_stage = Stage::Waiting;
  m_dialAt = now + m_pauses.next();
}

RemoteSchedule::Elapsed RemoteSchedule::next() const {
  switch (m_stage) {
    case Stage::Idle:
      return endless;
    case Stage::Waiting:
      return m_dialAt;
    case Stage::Opening:
    case Stage::Asking:
      return m_since + answerDeadline;
    case Stage::Streaming:
      return m_heard + m_silence;
  }
  return endless;
}

RemoteSchedule::Step RemoteSchedule::due(Elapsed now) const {
  if (now < next()) return Step::None;
  return m_stage == Stage::Waiting ? Step::Dial : Step::GiveUp;
}

bool FloodGate::admits(qint64 messages, qint64 bytes, std::chrono::nanoseconds now) {
  if (now - m_began >= std::chrono::seconds(1)) {
    m_began = now;
    m_messages = 0;
    m_bytes = 0;
  }
  m_messages += messages;
  m_bytes += bytes;
  return m_messages <= mostMessages && m_bytes <= mostBytes;
}

}  // namespace tagwire::rtls
