// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QtEndian>

namespace tagwire::ws {

/// A frame as a client would send it, right or wrong. `announced` is the length it claims to have (-1: the true one).
struct ClientFrame {
  int opcode = 1;
  QByteArray payload = {};
  bool isFinal = true;
  bool isMasked = true;
  int reserved = 0;
  qint64 announced = -1;

  QByteArray bytes() const {
    const qint64 size = announced < 0 ? payload.size() : announced;
    const int mask = isMasked ? 0x80 : 0;
    QByteArray frame;
    frame.append(static_cast<char>((isFinal ? 0x80 : 0) | (reserved << 4) | opcode));
    if (size < 126) {
      frame.append(static_cast<char>(mask | static_cast<int>(size)));
    } else if (size <= 0xFFFF) {
      frame.append(static_cast<char>(mask | 126)).append(2, '\0');
      qToBigEndian(static_cast<quint16>(size), frame.data() + 2);
    } else {
      frame.append(static_cast<char>(mask | 127)).append(8, '\0');
      qToBigEndian(static_cast<quint64>(size), frame.data() + 2);
    }
    if (!isMasked) return frame + payload;
    const QByteArray key("\x11\x22\x33\x44", 4);
    frame += key;
    for (qsizetype i = 0; i < payload.size(); ++i) frame.append(static_cast<char>(payload[i] ^ key[i % 4]));
    return frame;
  }
};

inline QByteArray clientText(const QByteArray &text) { return ClientFrame{1, text}.bytes(); }

}  // namespace tagwire::ws
