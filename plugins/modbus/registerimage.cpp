// SPDX-License-Identifier: Apache-2.0
#include "registerimage.h"

#include <QtEndian>

namespace tagwire::modbus {
namespace {

constexpr quint8 illegalFunction = 1;
constexpr quint8 illegalAddress = 2;
constexpr quint8 illegalValue = 3;

quint16 wordAt(const QByteArray &bytes, qsizetype at) { return qFromBigEndian<quint16>(bytes.constData() + at); }

bool bitOf(const QByteArray &bytes, qsizetype from, int index) {
  return ((static_cast<quint8>(bytes[from + index / 8]) >> (index % 8)) & 1) != 0;
}

}  // namespace

QByteArray exceptionPdu(const QByteArray &request, quint8 exception) {
  QByteArray pdu(1, static_cast<char>(static_cast<quint8>(request[0]) | 0x80));
  return pdu.append(static_cast<char>(exception));
}

void RegisterImage::set(Table table, int address, quint16 value) {
  m_tables[static_cast<size_t>(table)][static_cast<quint16>(address)].value = value;
}

void RegisterImage::write(Table table, int address, quint16 value) {
  m_tables[static_cast<size_t>(table)][static_cast<quint16>(address)] = Cell{value, true};
}

bool RegisterImage::covers(Table table, int address, int count) const {
  for (int i = address; i < address + count; ++i) {
    if (i > 65535 || !contains(table, i)) return false;
  }
  return true;
}

QByteArray RegisterImage::answer(const QByteArray &request) {
  switch (static_cast<Function>(request[0])) {
    case Function::ReadCoils:
      return read(Table::Coil, request);
    case Function::ReadDiscreteInputs:
      return read(Table::Discrete, request);
    case Function::ReadHoldingRegisters:
      return read(Table::Holding, request);
    case Function::ReadInputRegisters:
      return read(Table::Input, request);
    case Function::WriteCoil:
      return writeOne(Table::Coil, request);
    case Function::WriteRegister:
      return writeOne(Table::Holding, request);
    case Function::WriteCoils:
      return writeMany(Table::Coil, request);
    case Function::WriteRegisters:
      return writeMany(Table::Holding, request);
    case Function::MaskWriteRegister:
      return maskWrite(request);
    case Function::ReadWriteRegisters:
      return readWrite(request);
    case Function::ReadDeviceIdentification:
      break;
  }
  return exceptionPdu(request, illegalFunction);
}

QByteArray RegisterImage::read(Table table, const QByteArray &request) const {
  if (request.size() != 5) return exceptionPdu(request, illegalValue);
  const int address = wordAt(request, 1);
  const int count = wordAt(request, 3);
  if (count < 1 || count > (holdsBits(table) ? maxReadBits : maxReadRegisters)) {
    return exceptionPdu(request, illegalValue);
  }
  if (!covers(table, address, count)) return exceptionPdu(request, illegalAddress);
  if (!holdsBits(table)) return readRegisters(static_cast<Function>(request[0]), table, address, count);
  QByteArray bytes((count + 7) / 8, '\0');
  for (int i = 0; i < count; ++i) {
    if (value(table, address + i) != 0)
      bytes[i / 8] = static_cast<char>(static_cast<quint8>(bytes[i / 8]) | (1 << (i % 8)));
  }
  return request.left(1).append(static_cast<char>(bytes.size())) + bytes;
}

QByteArray RegisterImage::readRegisters(Function function, Table table, int address, int count) const {
  QByteArray pdu(1, static_cast<char>(function));
  pdu.append(static_cast<char>(count * 2));
  for (int i = 0; i < count; ++i) {
    const quint16 word = value(table, address + i);
    pdu.append(static_cast<char>(word >> 8)).append(static_cast<char>(word & 0xFF));
  }
  return pdu;
}

QByteArray RegisterImage::writeOne(Table table, const QByteArray &request) {
  if (request.size() != 5) return exceptionPdu(request, illegalValue);
  const int address = wordAt(request, 1);
  const quint16 given = wordAt(request, 3);
  if (table == Table::Coil && given != 0 && given != 0xFF00) return exceptionPdu(request, illegalValue);
  if (!covers(table, address, 1)) return exceptionPdu(request, illegalAddress);
  write(table, address, table == Table::Coil ? static_cast<quint16>(given != 0) : given);
  return request;
}

QByteArray RegisterImage::writeMany(Table table, const QByteArray &request) {
  if (request.size() < 6) return exceptionPdu(request, illegalValue);
  const int address = wordAt(request, 1);
  const int count = wordAt(request, 3);
  const bool bits = holdsBits(table);
  const int bytes = bits ? (count + 7) / 8 : count * 2;
  const bool isWhole = static_cast<quint8>(request[5]) == bytes && request.size() == 6 + bytes;
  if (count < 1 || count > (bits ? maxWriteBits : maxWriteRegisters) || !isWhole) {
    return exceptionPdu(request, illegalValue);
  }
  if (!covers(table, address, count)) return exceptionPdu(request, illegalAddress);
  for (int i = 0; i < count; ++i) {
    write(table, address + i, bits ? static_cast<quint16>(bitOf(request, 6, i)) : wordAt(request, 6 + i * 2));
  }
  return request.left(5);
}

QByteArray RegisterImage::maskWrite(const QByteArray &request) {
  if (request.size() != 7) return exceptionPdu(request, illegalValue);
  const int address = wordAt(request, 1);
  if (!covers(Table::Holding, address, 1)) return exceptionPdu(request, illegalAddress);
  const quint16 andMask = wordAt(request, 3);
  const quint16 orMask = wordAt(request, 5);
  const int result = (value(Table::Holding, address) & andMask) | (orMask & ~andMask);
  write(Table::Holding, address, static_cast<quint16>(result));
  return request;
}

QByteArray RegisterImage::readWrite(const QByteArray &request) {
  if (request.size() < 10) return exceptionPdu(request, illegalValue);
  const int readAddress = wordAt(request, 1);
  const int readCount = wordAt(request, 3);
  const int writeAddress = wordAt(request, 5);
  const int writeCount = wordAt(request, 7);
  const bool isWhole = static_cast<quint8>(request[9]) == writeCount * 2 && request.size() == 10 + writeCount * 2;
  if (readCount < 1 || readCount > maxReadRegisters || writeCount < 1 || writeCount > maxReadWriteRegisters ||
      !isWhole) {
    return exceptionPdu(request, illegalValue);
  }
  if (!covers(Table::Holding, readAddress, readCount) || !covers(Table::Holding, writeAddress, writeCount)) {
    return exceptionPdu(request, illegalAddress);
  }
  for (int i = 0; i < writeCount; ++i) write(Table::Holding, writeAddress + i, wordAt(request, 10 + i * 2));
  return readRegisters(Function::ReadWriteRegisters, Table::Holding, readAddress, readCount);
}

}  // namespace tagwire::modbus
