// SPDX-License-Identifier: Apache-2.0
#include "pdu.h"

#include <QtEndian>

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

quint16 wordAt(const QByteArray &bytes, qsizetype at) { return qFromBigEndian<quint16>(bytes.constData() + at); }

Reply invalid(const QString &error) {
  return {.kind = Reply::Kind::Invalid, .bytes = {}, .exception = 0, .error = error};
}

Reply answer(const QByteArray &bytes) {
  return {.kind = Reply::Kind::Answer, .bytes = bytes, .exception = 0, .error = {}};
}

Reply checkRead(const QByteArray &request, const QByteArray &response) {
  const int count = wordAt(request, 3);
  const bool bits = static_cast<quint8>(request[0]) <= 2;
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

/// A write is answered by its first five bytes (7 for a mask write).
Reply checkEcho(const QByteArray &request, const QByteArray &response) {
  const bool isMask = static_cast<Function>(request[0]) == Function::MaskWriteRegister;
  if (response != request.left(isMask ? 7 : 5)) return invalid(QStringLiteral("the answer to a write is not its echo"));
  return answer({});
}

}  // namespace

QByteArray readPdu(Table table, quint16 address, quint16 count) {
  constexpr std::array functions{Function::ReadCoils, Function::ReadDiscreteInputs, Function::ReadInputRegisters,
                                 Function::ReadHoldingRegisters};
  return pduOf(functions[static_cast<size_t>(table)], {address, count});
}

QByteArray writeCoilPdu(quint16 address, bool value) {
  return pduOf(Function::WriteCoil, {address, static_cast<quint16>(value ? 0xFF00 : 0)});
}

QByteArray writeRegistersPdu(quint16 address, const Registers &values) {
  if (values.size() == 1) return pduOf(Function::WriteRegister, {address, values.first()});
  const auto count = static_cast<quint16>(values.size());
  QByteArray pdu = pduOf(Function::WriteRegisters, {address, count});
  pdu.append(static_cast<char>(count * 2));
  for (const quint16 value : values) appendWord(pdu, value);
  return pdu;
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
  return due <= 4 ? checkRead(request, response) : checkEcho(request, response);
}

bool bitAt(const QByteArray &bytes, int index) {
  return ((static_cast<quint8>(bytes[index / 8]) >> (index % 8)) & 1) != 0;
}

Registers registersAt(const QByteArray &bytes, int first, int count) {
  Registers registers(count);
  for (int i = 0; i < count; ++i) registers[i] = wordAt(bytes, (first + i) * 2);
  return registers;
}

Reading readingAt(const ModbusPoint &point, const QByteArray &bytes, int index) {
  if (holdsBits(point.table)) return {bitAt(bytes, index), Quality::good()};
  const Registers registers = registersAt(bytes, index, point.format.size());
  return decode(point.format, {registers.constData(), static_cast<size_t>(registers.size())});
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
