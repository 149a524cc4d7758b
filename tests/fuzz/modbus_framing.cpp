// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: whatever arrives on a Modbus connection, through framing, checks and decoding of both sides.
// The first byte chooses who reads; the rest comes in two pieces.
#include <cstddef>
#include <cstdlib>

#include "mbap.h"
#include "registerimage.h"
#include "rtu.h"

namespace {

using namespace tagwire::modbus;

const QList<QByteArray> &requests() {
  static const QList<QByteArray> all{readPdu(Table::Coil, 3, 19),   readPdu(Table::Holding, 0, 4),
                                     readPdu(Table::Input, 9, 125), writeAndReadPdu(3, {1, 2}),
                                     maskWritePdu(4, 1, 2),         readIdentificationPdu(1, 0)};
  return all;
}

void useAnswer(const QByteArray &pdu) {
  for (const QByteArray &request : requests()) {
    const tagwire::modbus::Reply reply = checkReply(request, pdu);
    if (reply.kind != tagwire::modbus::Reply::Kind::Answer) continue;
    const auto function = static_cast<Function>(request[0]);
    if (function == Function::ReadDeviceIdentification) {
      identificationAt(reply.bytes);
    } else if (function == Function::ReadHoldingRegisters) {
      if (reply.bytes.size() != 8) std::abort();
      RegisterPoint point;
      for (const auto &[word, type] : enumWords(PointType())) {
        point.format.type = type;
        point.format.length = 8;
        if (type != PointType::Bool) readingAt(point, reply.bytes, 0);
      }
    }
  }
}

void decode(FrameDecoder &decoder, const QByteArray &bytes, const std::function<void(const Frame &)> &use) {
  const qsizetype middle = bytes.size() / 2;
  for (const QByteArray &piece : {bytes.left(middle), bytes.mid(middle)}) {
    decoder.add(piece);
    while (const auto frame = decoder.next()) use(*frame);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size) {
  if (size == 0) return 0;
  const QByteArray bytes(reinterpret_cast<const char *>(data) + 1, static_cast<qsizetype>(size - 1));
  const auto answer = [](const Frame &frame) { useAnswer(frame.pdu); };
  const auto request = [](const Frame &frame) {
    RegisterImage image;
    image.set(Table::Holding, 0, 7);
    image.answer(frame.pdu);
  };
  switch (data[0] % 4) {
    case 0: {
      MbapDecoder decoder;
      decode(decoder, bytes, answer);
      break;
    }
    case 1: {
      RtuDecoder decoder(RtuDecoder::Reads::Answers);
      decode(decoder, bytes, answer);
      if (const auto frame = decoder.atSilence()) answer(*frame);
      break;
    }
    case 2: {
      RtuDecoder decoder(RtuDecoder::Reads::Requests);
      decode(decoder, bytes, request);
      if (const auto frame = decoder.atSilence()) request(*frame);
      break;
    }
    default:
      if (!bytes.isEmpty()) useAnswer(bytes);  // behind a framing that was right
  }
  return 0;
}
