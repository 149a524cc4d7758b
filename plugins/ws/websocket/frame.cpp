// SPDX-License-Identifier: Apache-2.0
#include <QtEndian>

#include "session.h"

namespace tagwire::ws {

Frame Frame::text(const QByteArray &json) { return whole('\x81', json); }

Frame Frame::binary(const QByteArray &bytes) { return whole('\x82', bytes); }

/// `head`: opcode, and that the frame is the last of its message.
Frame Frame::whole(char head, const QByteArray &payload) {
  Frame frame;
  const qsizetype size = payload.size();
  QByteArray &bytes = frame.m_bytes;
  bytes.reserve(size + 10);
  bytes.append(head);
  if (size < 126) {
    bytes.append(static_cast<char>(size));
  } else if (size <= 0xFFFF) {
    bytes.append('\x7e').resize(4);
    qToBigEndian(static_cast<quint16>(size), bytes.data() + 2);
  } else {
    bytes.append('\x7f').resize(10);
    qToBigEndian(static_cast<quint64>(size), bytes.data() + 2);
  }
  frame.m_head = bytes.size();
  bytes.append(payload);
  return frame;
}

}  // namespace tagwire::ws
