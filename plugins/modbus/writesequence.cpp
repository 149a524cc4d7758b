// SPDX-License-Identifier: Apache-2.0
#include "writesequence.h"

#include <cmath>

namespace tagwire::modbus {
namespace {

/// Reading back is harmless, so it may be tried again on a new connection.
constexpr int readBackAttempts = 2;
/// Between two looks at a value that the device has not taken over yet: about a PLC's cycle.
constexpr std::chrono::milliseconds lookAgainAfter{50};

constexpr quint8 acknowledge = 5;
constexpr quint8 serverBusy = 6;

WriteSequence::Outcome outcome(CommandState state, const QString &error, const Value &actual = {}) {
  return {state, actual, error};
}

QByteArray coilRequest(quint16 address, bool on, WriteStyle style) {
  return style == WriteStyle::Multiple ? writeCoilsPdu(address, on) : writeCoilPdu(address, on);
}

QByteArray registersRequest(quint16 address, const Registers &values, WriteStyle style) {
  if (style == WriteStyle::ReadWrite && values.size() <= maxReadWriteRegisters) return writeAndReadPdu(address, values);
  const bool isSingle = values.size() == 1 && style == WriteStyle::Automatic;
  return isSingle ? writeRegisterPdu(address, values.first()) : writeRegistersPdu(address, values);
}

}  // namespace

WriteSequence::WriteSequence(const RegisterPoint &point, Value expected, QByteArray request, const UnitSettings &unit)
    : m_point(point), m_expected(std::move(expected)), m_request(std::move(request)), m_verifyTime(unit.verifyTime) {}

Result<WriteSequence> WriteSequence::make(const RegisterPoint &point, const Value &value, const UnitSettings &unit) {
  if (point.format.type == PointType::Bool) {
    const auto converted = convertTo(value, ValueType::Bool);
    if (!converted) return failure(converted.error());
    const bool on = std::get<bool>(*converted);
    if (holdsBits(point.table)) return WriteSequence(point, on, coilRequest(point.address, on, unit.writeStyle), unit);
    const quint16 bit = bitInRegister(point.format);
    const auto others = static_cast<quint16>(~bit);
    return WriteSequence(point, on, maskWritePdu(point.address, others, on ? bit : 0), unit);
  }
  const auto registers = encode(point.format, value);
  if (!registers) return failure(registers.error());
  const Reading due = decode(point.format, {registers->constData(), static_cast<size_t>(registers->size())});
  return WriteSequence(point, due.value, registersRequest(point.address, *registers, unit.writeStyle), unit);
}

std::optional<WriteSequence::Outcome> WriteSequence::answered(const Reply &reply, Moment now) {
  m_readBack.reset();
  if (reply.kind == Reply::Kind::Exception) return m_isWriting ? writeRefused(reply, now) : readBackRefused(reply, now);
  if (m_isWriting) {
    if (!m_point.verify) return outcome(CommandState::Succeeded, {});
    m_verifyUntil = now + m_verifyTime;
    beginReadBack();
    // Function 23 has read back already.
    if (reply.bytes.isEmpty()) return std::nullopt;
  }
  return readBackGave(reply.bytes, now);
}

std::optional<WriteSequence::Outcome> WriteSequence::writeRefused(const Reply &reply, Moment now) {
  // The gateway had no answer of the device: the write may have reached it.
  if (reply.exception == 10 || reply.exception == 11) return lost(reply.error);
  if (reply.exception == acknowledge) {
    // Accepted, still at work: what came of it shows when reading back.
    if (!m_point.verify) return outcome(CommandState::Unknown, reply.error);
    m_verifyUntil = now + m_verifyTime;
    beginReadBack();
    return std::nullopt;
  }
  const bool masked = static_cast<Function>(m_request[0]) == Function::MaskWriteRegister && reply.exception == 1;
  return outcome(CommandState::Failed,
                 masked ? reply.error + QStringLiteral(": the device has no mask write (function 22), and one bit of a "
                                                       "register can't be written safely without it")
                        : reply.error);
}

std::optional<WriteSequence::Outcome> WriteSequence::readBackRefused(const Reply &reply, Moment now) {
  const bool isBusy = reply.exception == acknowledge || reply.exception == serverBusy;
  m_verifyUntil = std::min(m_verifyUntil, now + m_verifyTime);
  if (isBusy && now + lookAgainAfter <= m_verifyUntil) {
    m_readyAt = now + lookAgainAfter;
    return std::nullopt;
  }
  return outcome(CommandState::Unknown,
                 QStringLiteral("the value could not be read back: %1%2")
                     .arg(reply.error, m_lost.isEmpty() ? QString() : QStringLiteral("; before: ") + m_lost));
}

/// A device may acknowledge at once and take the value over in its next cycle.
std::optional<WriteSequence::Outcome> WriteSequence::readBackGave(const QByteArray &bytes, Moment now) {
  m_verifyUntil = std::min(m_verifyUntil, now + m_verifyTime);
  m_readBack = readingAt(m_point, bytes, 0);
  const Outcome found = judge();
  if (found.state == CommandState::Succeeded || now + lookAgainAfter > m_verifyUntil) return found;
  m_readyAt = now + lookAgainAfter;
  return std::nullopt;
}

std::optional<WriteSequence::Outcome> WriteSequence::lost(const QString &why) {
  if (m_lost.isEmpty()) m_lost = why;
  if (m_isWriting && m_point.verify) {
    beginReadBack();
    return std::nullopt;
  }
  if (!m_isWriting && ++m_attempts < readBackAttempts) return std::nullopt;
  return outcome(CommandState::Unknown, QStringLiteral("whether the device took the value is not known: ") + m_lost);
}

void WriteSequence::beginReadBack() {
  m_isWriting = false;
  m_request = readPdu(m_point.table, m_point.address, static_cast<quint16>(m_point.format.size()));
}

WriteSequence::Outcome WriteSequence::judge() const {
  if (!m_readBack->quality.isGood()) {
    return outcome(
        CommandState::Failed,
        QStringLiteral("the device then reported no valid value (%1)").arg(toText(m_readBack->quality.reason)));
  }
  if (matches(m_readBack->value)) return outcome(CommandState::Succeeded, {}, m_readBack->value);
  return outcome(CommandState::Failed,
                 QStringLiteral("the device then reported %1, not %2%3")
                     .arg(toText(m_readBack->value), toText(m_expected),
                          m_lost.isEmpty() ? QString() : QStringLiteral(" (its answer was lost: %1)").arg(m_lost)),
                 m_readBack->value);
}

bool WriteSequence::matches(const Value &actual) const {
  if (actual == m_expected) return true;
  const std::optional<double> due = toNumber(m_expected);
  const std::optional<double> told = toNumber(actual);
  if (!due || !told || m_point.format.type == PointType::Bool) return false;
  const double rounding = m_point.format.isFloat() ? std::abs(*due) * 1e-6 : 0;
  return std::abs(*due - *told) <= std::max(m_point.verifyTolerance, rounding);
}

}  // namespace tagwire::modbus
