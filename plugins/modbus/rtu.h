// SPDX-License-Identifier: Apache-2.0
// The framing of Modbus on a serial line (MODBUS over Serial Line Specification V1.02, 2.5.1): unit id, PDU, CRC-16
// with the low byte first. Nothing in it tells its length: that follows from the function code.
#pragma once

#include "frame.h"

namespace tagwire::modbus {

constexpr int maxRtuBytes = 256;

/// CRC-16 of the specification's 6.2.2 (polynomial 0xA001, begun with 0xFFFF).
quint16 crc16(const char *bytes, qsizetype count);

QByteArray encodeRtu(const Frame &frame);

/// Plain class; owned by the end of a line. After an error the owner waits until the line is silent, then clears it.
class RtuDecoder : public FrameDecoder {
 public:
  enum class Reads : quint8 { Answers, Requests };

  explicit RtuDecoder(Reads reads) : m_reads(reads) {}

  std::optional<Frame> next() override;
  /// The line fell silent: what is there is a frame if its CRC says so (a request of a function we don't know has no
  /// other end). Forgets the rest.
  std::optional<Frame> atSilence();

 private:
  Reads m_reads;
};

}  // namespace tagwire::modbus
