// SPDX-License-Identifier: Apache-2.0
#include "pdu.h"

#include <QtEndian>

#include "frame.h"

namespace tagwire::modbus {
namespace {

void appendWord(QByteArray &bytes, quint16 word) {
  bytes.append(static_cast<char>(word >> 8)).append(static_cast<char>(word & 0xFF));
}

QByteArray pduOf(Function function, std::initializer_list<quint16> words) {
  QByteArray pdu(1, static_cast<char>(function));
  for (const quint16 word : words) appendWord(pdu, word);
  return pdu;
}

/// Byte count and registers behind the head of a write.
QByteArray withValues(QByteArray pdu, const Registers &values) {
  pdu.append(static_cast<char>(values.size() * 2));
  for (const quint16 value : values) appendWord(pdu, value);
  return pdu;
}

Reply invalid(const QString &error) {
  return {.kind = Reply::Kind::Invalid, .bytes = {}, .exception = 0, .error = error};
}

Reply answer(const QByteArray &bytes) {
  return {.kind = Reply::Kind::Answer, .bytes = bytes, .exception = 0, .error = {}};
}

/// Function 23 has the count of what it reads at the same place as the other reads.
Reply checkRead(const QByteArray &request, const QByteArray &response) {
  const int count = bigEndianAt(request, 3);
  const bool bits = static_cast<quint8>(request[0]) <= 2;  // functions 1 and 2
  const int due = bits ? (count + 7) / 8 : count * 2;
  const int told = response.size() > 1 ? static_cast<quint8>(response[1]) : -1;
  if (told != due || response.size() != due + 2) {
    return invalid(QStringLiteral("%1 bytes of values and a byte count of %2 (due: %3)")
                       .arg(std::max<qsizetype>(response.size() - 2, 0))
                       .arg(told)
                       .arg(due));
  }
  return answer(response.mid(2));
}

Reply checkIdentification(const QByteArray &request, const QByteArray &response) {
  constexpr qsizetype headBytes = 7;
  if (response.size() < headBytes || response.mid(1, 2) != request.mid(1, 2)) {
    return invalid(QStringLiteral("not an answer to read device identification"));
  }
  return answer(response.mid(4));
}

/// A write is answered by its first five bytes (7 for a mask write).
Reply checkEcho(const QByteArray &request, const QByteArray &response) {
  const bool isMask = static_cast<Function>(request[0]) == Function::MaskWriteRegister;
  if (response != request.left(isMask ? 7 : 5)) return invalid(QStringLiteral("the answer to a write is not its echo"));
  return answer({});
}

}  // namespace

bool isOfGateway(const Reply &reply) {
  return reply.kind == Reply::Kind::Exception && (reply.exception == 10 || reply.exception == 11);
}

QByteArray readPdu(Table table, quint16 address, quint16 count) {
  constexpr std::array functions{Function::ReadCoils, Function::ReadDiscreteInputs, Function::ReadInputRegisters,
                                 Function::ReadHoldingRegisters};
  return pduOf(functions[static_cast<size_t>(table)], {address, count});
}

QByteArray writeCoilPdu(quint16 address, bool value) {
  return pduOf(Function::WriteCoil, {address, static_cast<quint16>(value ? 0xFF00 : 0)});
}

QByteArray writeCoilsPdu(quint16 address, bool value) {
  return pduOf(Function::WriteCoils, {address, 1}).append('\1').append(static_cast<char>(value ? 1 : 0));
}

QByteArray writeRegisterPdu(quint16 address, quint16 value) { return pduOf(Function::WriteRegister, {address, value}); }

QByteArray writeRegistersPdu(quint16 address, const Registers &values) {
  return withValues(pduOf(Function::WriteRegisters, {address, static_cast<quint16>(values.size())}), values);
}

QByteArray writeAndReadPdu(quint16 address, const Registers &values) {
  const auto count = static_cast<quint16>(values.size());
  return withValues(pduOf(Function::ReadWriteRegisters, {address, count, address, count}), values);
}

QByteArray readIdentificationPdu(quint8 category, quint8 object) {
  constexpr char deviceIdentification = 14;
  return QByteArray(1, static_cast<char>(Function::ReadDeviceIdentification))
      .append(deviceIdentification)
      .append(static_cast<char>(category))
      .append(static_cast<char>(object));
}

Result<Identification> identificationAt(const QByteArray &bytes) {
  const auto wrong = [] { return failure(QStringLiteral("the objects do not fit into the answer")); };
  const auto at = [&](qsizetype i) { return static_cast<quint8>(bytes[i]); };
  if (bytes.size() < 3) return wrong();
  Identification identification;
  if (at(0) != 0) identification.next = at(1);
  qsizetype place = 3;
  for (int i = 0; i < at(2); ++i) {
    if (place + 2 > bytes.size() || place + 2 + at(place + 1) > bytes.size()) return wrong();
    identification.objects.insert(at(place), bytes.mid(place + 2, at(place + 1)));
    place += 2 + at(place + 1);
  }
  return identification;
}

QByteArray maskWritePdu(quint16 address, quint16 andMask, quint16 orMask) {
  return pduOf(Function::MaskWriteRegister, {address, andMask, orMask});
}

Reply checkReply(const QByteArray &request, const QByteArray &response) {
  const auto due = static_cast<quint8>(request[0]);
  const auto function = static_cast<quint8>(response[0]);
  if (function == (due | 0x80)) {
    if (response.size() != 2) return invalid(QStringLiteral("an exception of %1 bytes (due: 2)").arg(response.size()));
    return {.kind = Reply::Kind::Exception,
            .bytes = {},
            .exception = static_cast<quint8>(response[1]),
            .error = exceptionText(static_cast<quint8>(response[1]))};
  }
  if (function != due) return invalid(QStringLiteral("function %1 in the answer (due: %2)").arg(function).arg(due));
  if (static_cast<Function>(due) == Function::ReadDeviceIdentification) return checkIdentification(request, response);
  const bool isRead = due <= 4 || static_cast<Function>(due) == Function::ReadWriteRegisters;
  return isRead ? checkRead(request, response) : checkEcho(request, response);
}

bool bitAt(const QByteArray &bytes, int index) {
  return ((static_cast<quint8>(bytes[index / 8]) >> (index % 8)) & 1) != 0;
}

Reading readingAt(const RegisterPoint &point, const QByteArray &bytes, int index) {
  if (holdsBits(point.table)) return {bitAt(bytes, index), Quality::good()};
  // On the stack: this runs for every point of every answer.
  std::array<quint16, maxReadRegisters> registers;
  const auto count = static_cast<size_t>(point.format.size());
  for (size_t i = 0; i < count; ++i) registers[i] = bigEndianAt(bytes, (index + static_cast<qsizetype>(i)) * 2);
  return decode(point.format, {registers.data(), count});
}

QString exceptionText(quint8 exception) {
  constexpr std::array names{"unknown",
                             "illegal function",
                             "illegal data address",
                             "illegal data value",
                             "server device failure",
                             "acknowledge: still at work",
                             "server device busy",
                             "negative acknowledge",
                             "memory parity error",
                             "unknown",
                             "gateway path unavailable",
                             "gateway target device failed to respond"};
  const char *name = exception < names.size() ? names[exception] : names[0];
  return QStringLiteral("exception %1 (%2)").arg(exception).arg(QString::fromLatin1(name));
}

QualityReason reasonOf(quint8 exception) {
  switch (exception) {
    case 1:
      return QualityReason::IllegalFunction;
    case 2:
      return QualityReason::IllegalAddress;
    case 3:
      return QualityReason::IllegalValue;
    case 4:
    case 8:
      return QualityReason::DeviceFailure;
    case 5:
    case 6:
      return QualityReason::DeviceBusy;
    case 10:
      return QualityReason::GatewayPathUnavailable;
    case 11:
      return QualityReason::GatewayTargetFailed;
    default:
      return QualityReason::DeviceException;
  }
}

}  // namespace tagwire::modbus
