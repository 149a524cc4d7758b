// SPDX-License-Identifier: Apache-2.0
// The framing of Modbus TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3): transaction, protocol (0)
// and length as big-endian 16-bit words, the unit id, then the PDU.
#pragma once

#include "frame.h"

namespace tagwire::modbus {

QByteArray encodeMbap(const Frame &frame);

/// Plain class; owned by the end of a connection. An error means that the connection has to go: where the next frame
/// begins is then unknown.
class MbapDecoder : public FrameDecoder {
 public:
  std::optional<Frame> next() override;
};

}  // namespace tagwire::modbus
