// SPDX-License-Identifier: Apache-2.0
// Requests and the check of their replies (MODBUS Application Protocol V1.1b3, chapter 6). Pure functions; reentrant.
#pragma once

#include <QByteArray>
#include <QString>

#include "modbuspoint.h"
#include "quality.h"
#include "registercodec.h"

namespace tagwire::modbus {

enum class Function : quint8 {
  ReadCoils = 1,
  ReadDiscreteInputs = 2,
  ReadHoldingRegisters = 3,
  ReadInputRegisters = 4,
  WriteCoil = 5,
  WriteRegister = 6,
  WriteCoils = 15,
  WriteRegisters = 16,
  MaskWriteRegister = 22,
  ReadWriteRegisters = 23
};

constexpr int maxReadBits = 2000;
constexpr int maxReadRegisters = 125;
constexpr int maxWriteBits = 1968;
constexpr int maxWriteRegisters = 123;

/// `count` within 1 and the table's limit above.
QByteArray readPdu(Table table, quint16 address, quint16 count);
QByteArray writeCoilPdu(quint16 address, bool value);
/// Function 6 for one register, 16 for more (at most maxWriteRegisters).
QByteArray writeRegistersPdu(quint16 address, const Registers &values);
/// Result in the device: (register AND andMask) OR (orMask AND NOT andMask).
QByteArray maskWritePdu(quint16 address, quint16 andMask, quint16 orMask);

/// What came back, or did not.
struct Reply {
  enum class Kind : quint8 {
    Answer,     ///< well; `bytes` holds the bits or registers of a read, nothing of a write
    Exception,  ///< the device refused, see `exception`
    Invalid     ///< not an answer to this request, see `error`
  };
  Kind kind = Kind::Invalid;
  QByteArray bytes;
  quint8 exception = 0;
  QString error;
};

/// `response` held against the request it should answer: function, byte count, echo of address, value and count.
Reply checkReply(const QByteArray &request, const QByteArray &response);

/// Bit `index` of an answer to a read of coils or discrete inputs.
bool bitAt(const QByteArray &bytes, int index);
/// Registers `first` … `first + count - 1` of an answer to a read of registers.
Registers registersAt(const QByteArray &bytes, int first, int count);

/// Value of a point that lies `index` addresses behind the first one of an answer.
Reading readingAt(const ModbusPoint &point, const QByteArray &bytes, int index);

/// "exception 2 (illegal data address)"
QString exceptionText(quint8 exception);
QualityReason reasonOf(quint8 exception);

}  // namespace tagwire::modbus
