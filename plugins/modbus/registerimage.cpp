// SPDX-License-Identifier: Apache-2.0
#include "registerimage.h"

#include <QCoreApplication>
#include <QtEndian>

#include "frame.h"

namespace tagwire::modbus {
namespace {

constexpr quint8 illegalFunction = 1;
constexpr quint8 illegalAddress = 2;
constexpr quint8 illegalValue = 3;

/// The table that functions 1 to 4 read.
Table tableRead(Function function) {
  constexpr std::array tables{Table::Coil, Table::Discrete, Table::Holding, Table::Input};
  return tables[static_cast<size_t>(function) - 1];
}

Registers wordsAt(const QByteArray &bytes, qsizetype from, int count) {
  Registers words;
  for (qsizetype i = 0; i < count; ++i) words.append(bigEndianAt(bytes, from + i * 2));
  return words;
}

Registers bitsAt(const QByteArray &bytes, qsizetype from, int count) {
  Registers bits;
  for (int i = 0; i < count; ++i) bits.append(static_cast<quint16>((byteAt(bytes, from + i / 8) >> (i % 8)) & 1));
  return bits;
}

// Read device identification (MODBUS Application Protocol V1.1b3, 6.21): the three objects of the basic category.
constexpr int mei = 14;
constexpr int individual = 4;
constexpr char conformity = '\x81';  // basic, as a stream and one by one

QList<QByteArray> identity() {
  return {QByteArrayLiteral("Tagwire"), QByteArrayLiteral("modbus-server"),
          QCoreApplication::applicationVersion().toUtf8()};
}

quint8 checkIdentificationRequest(const QByteArray &request) {
  if (request.size() < 2 || byteAt(request, 1) != mei) return illegalFunction;
  if (request.size() != 4 || byteAt(request, 2) < 1 || byteAt(request, 2) > individual) return illegalValue;
  return byteAt(request, 2) == individual && byteAt(request, 3) >= identity().size() ? illegalAddress : quint8{0};
}

QByteArray identification(const QByteArray &request) {
  const QList<QByteArray> objects = identity();
  const bool isOne = byteAt(request, 2) == individual;
  // A stream that begins at an object that is not there begins anew (6.21).
  const int first = byteAt(request, 3) < objects.size() ? byteAt(request, 3) : 0;
  const int count = isOne ? 1 : static_cast<int>(objects.size()) - first;
  QByteArray pdu = request.left(3).append(conformity).append('\0').append('\0').append(static_cast<char>(count));
  for (int i = first; i < first + count; ++i) {
    pdu.append(static_cast<char>(i)).append(static_cast<char>(objects[i].size())).append(objects[i]);
  }
  return pdu;
}

}  // namespace

QByteArray exceptionPdu(const QByteArray &request, quint8 exception) {
  QByteArray pdu(1, static_cast<char>(static_cast<quint8>(request[0]) | 0x80));
  return pdu.append(static_cast<char>(exception));
}

void RegisterImage::set(Table table, int address, quint16 value) {
  Cell &cell = m_tables[static_cast<size_t>(table)][static_cast<quint16>(address)];
  cell.value = value;
  cell.exception = 0;
}

void RegisterImage::refuseToRead(Table table, int address, quint8 exception) {
  m_tables[static_cast<size_t>(table)][static_cast<quint16>(address)].exception = exception;
}

QByteArray RegisterImage::answer(const QByteArray &request) {
  if (const quint8 exception = check(request)) return exceptionPdu(request, exception);
  if (const auto write = writeIn(request)) carryOut(*write);
  return reply(request);
}

quint8 RegisterImage::check(const QByteArray &request) const {
  const auto function = static_cast<Function>(request[0]);
  const qsizetype size = request.size();
  switch (function) {
    case Function::ReadCoils:
    case Function::ReadDiscreteInputs:
    case Function::ReadHoldingRegisters:
    case Function::ReadInputRegisters:
      return size == 5 ? checkRead(tableRead(function), bigEndianAt(request, 1), bigEndianAt(request, 3))
                       : illegalValue;
    case Function::WriteCoil:
      if (size != 5 || (bigEndianAt(request, 3) != 0 && bigEndianAt(request, 3) != 0xFF00)) return illegalValue;
      return checkWrite(Table::Coil, bigEndianAt(request, 1), 1);
    case Function::WriteRegister:
      return size == 5 ? checkWrite(Table::Holding, bigEndianAt(request, 1), 1) : illegalValue;
    case Function::WriteCoils:
      return checkWriteMany(Table::Coil, request);
    case Function::WriteRegisters:
      return checkWriteMany(Table::Holding, request);
    case Function::MaskWriteRegister:
      return size == 7 ? checkWrite(Table::Holding, bigEndianAt(request, 1), 1) : illegalValue;
    case Function::ReadWriteRegisters:
      return checkReadWrite(request);
    case Function::ReadDeviceIdentification:
      return checkIdentificationRequest(request);
  }
  return illegalFunction;
}

quint8 RegisterImage::checkRead(Table table, int address, int count) const {
  if (count < 1 || count > (holdsBits(table) ? maxReadBits : maxReadRegisters)) return illegalValue;
  quint8 exception = 0;
  for (int i = address; i < address + count; ++i) {
    const auto cell = cells(table).constFind(static_cast<quint16>(i));
    if (i > 65535 || cell == cells(table).cend()) return illegalAddress;
    if (exception == 0) exception = cell->exception;
  }
  return exception;
}

quint8 RegisterImage::checkWrite(Table table, int address, int count) const {
  for (int i = address; i < address + count; ++i) {
    if (i > 65535 || !contains(table, i)) return illegalAddress;
  }
  return 0;
}

quint8 RegisterImage::checkWriteMany(Table table, const QByteArray &request) const {
  if (request.size() < 6) return illegalValue;
  const int count = bigEndianAt(request, 3);
  const bool bits = holdsBits(table);
  const int bytes = bits ? (count + 7) / 8 : count * 2;
  const bool isWhole = byteAt(request, 5) == bytes && request.size() == 6 + bytes;
  if (count < 1 || count > (bits ? maxWriteBits : maxWriteRegisters) || !isWhole) return illegalValue;
  return checkWrite(table, bigEndianAt(request, 1), count);
}

quint8 RegisterImage::checkReadWrite(const QByteArray &request) const {
  if (request.size() < 10) return illegalValue;
  const int count = bigEndianAt(request, 7);
  const bool isWhole = byteAt(request, 9) == count * 2 && request.size() == 10 + count * 2;
  if (count < 1 || count > maxReadWriteRegisters || !isWhole) return illegalValue;
  const quint8 exception = checkRead(Table::Holding, bigEndianAt(request, 1), bigEndianAt(request, 3));
  return exception != 0 ? exception : checkWrite(Table::Holding, bigEndianAt(request, 5), count);
}

std::optional<RegisterWrite> RegisterImage::writeIn(const QByteArray &request) const {
  switch (static_cast<Function>(request[0])) {
    case Function::WriteCoil:
      return RegisterWrite{Table::Coil, bigEndianAt(request, 1), {static_cast<quint16>(bigEndianAt(request, 3) != 0)}};
    case Function::WriteRegister:
      return RegisterWrite{Table::Holding, bigEndianAt(request, 1), {bigEndianAt(request, 3)}};
    case Function::WriteCoils:
      return RegisterWrite{Table::Coil, bigEndianAt(request, 1), bitsAt(request, 6, bigEndianAt(request, 3))};
    case Function::WriteRegisters:
      return RegisterWrite{Table::Holding, bigEndianAt(request, 1), wordsAt(request, 6, bigEndianAt(request, 3))};
    case Function::MaskWriteRegister: {
      const auto mask = static_cast<quint16>(~bigEndianAt(request, 3));
      return RegisterWrite{
          Table::Holding, bigEndianAt(request, 1), {static_cast<quint16>(bigEndianAt(request, 5) & mask)}, mask};
    }
    case Function::ReadWriteRegisters:
      return RegisterWrite{Table::Holding, bigEndianAt(request, 5), wordsAt(request, 10, bigEndianAt(request, 7))};
    default:
      return std::nullopt;
  }
}

void RegisterImage::carryOut(const RegisterWrite &write) {
  for (qsizetype i = 0; i < write.values.size(); ++i) {
    Cell &cell = m_tables[static_cast<size_t>(write.table)][static_cast<quint16>(write.address + i)];
    cell = {static_cast<quint16>((cell.value & ~write.mask) | write.values[i]), true, 0};
  }
}

QByteArray RegisterImage::reply(const QByteArray &request) const {
  const auto function = static_cast<Function>(request[0]);
  switch (function) {
    case Function::ReadCoils:
    case Function::ReadDiscreteInputs:
    case Function::ReadHoldingRegisters:
    case Function::ReadInputRegisters:
      return read(tableRead(function), request);
    case Function::ReadWriteRegisters:
      return read(Table::Holding, request);
    case Function::ReadDeviceIdentification:
      return identification(request);
    case Function::MaskWriteRegister:
      return request;
    default:
      return request.left(5);
  }
}

/// Function 23 has the address and count of what it reads at the same place as the plain reads.
QByteArray RegisterImage::read(Table table, const QByteArray &request) const {
  const int address = bigEndianAt(request, 1);
  const int count = bigEndianAt(request, 3);
  QByteArray bytes(holdsBits(table) ? (count + 7) / 8 : count * 2, '\0');
  for (qsizetype i = 0; i < count; ++i) {
    const quint16 word = value(table, address + static_cast<int>(i));
    if (!holdsBits(table)) {
      qToBigEndian(word, bytes.data() + i * 2);
    } else if (word != 0) {
      bytes[i / 8] = static_cast<char>(byteAt(bytes, i / 8) | (1 << (i % 8)));
    }
  }
  return request.left(1).append(static_cast<char>(bytes.size())) + bytes;
}

}  // namespace tagwire::modbus
