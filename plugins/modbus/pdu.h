// SPDX-License-Identifier: Apache-2.0
// Requests and the check of their replies (MODBUS Application Protocol V1.1b3, chapter 6). Pure functions; reentrant.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>

#include <optional>

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
  ReadWriteRegisters = 23,
  ReadDeviceIdentification = 43
};

constexpr int maxReadBits = 2000;
constexpr int maxReadRegisters = 125;
constexpr int maxWriteBits = 1968;
constexpr int maxWriteRegisters = 123;
constexpr int maxReadWriteRegisters = 121;  ///< written by function 23

/// `count` within 1 and the table's limit above.
QByteArray readPdu(Table table, quint16 address, quint16 count);
/// Function 5, and 15 with a single coil.
QByteArray writeCoilPdu(quint16 address, bool value);
QByteArray writeCoilsPdu(quint16 address, bool value);
/// Function 6, and 16 with up to maxWriteRegisters.
QByteArray writeRegisterPdu(quint16 address, quint16 value);
QByteArray writeRegistersPdu(quint16 address, const Registers &values);
/// Function 23: writes up to maxReadWriteRegisters and reads the very same back, in one request.
QByteArray writeAndReadPdu(quint16 address, const Registers &values);
/// Result in the device: (register AND andMask) OR (orMask AND NOT andMask).
QByteArray maskWritePdu(quint16 address, quint16 andMask, quint16 orMask);

/// Function 43/14, stream access: the objects of `category` (1 basic, 2 regular, 3 extended) from `object` on.
QByteArray readIdentificationPdu(quint8 category, quint8 object);

/// One answer to it; `next` is the object to go on with when there is more.
struct Identification {
  QMap<quint8, QByteArray> objects;
  std::optional<quint8> next;
};
/// `bytes` of a Reply. Error: the objects do not fit into the answer.
Result<Identification> identificationAt(const QByteArray &bytes);

/// What came back, or did not.
struct Reply {
  enum class Kind : quint8 {
    Answer,     ///< well; `bytes` holds what was read, nothing after a write
    Exception,  ///< the device refused, see `exception`
    Invalid     ///< not an answer to this request, see `error`
  };
  Kind kind = Kind::Invalid;
  QByteArray bytes;
  quint8 exception = 0;
  QString error;
};

/// A gateway speaks for a unit that it can't reach.
bool isOfGateway(const Reply &reply);

/// `response` held against the request it should answer: function, byte count, echo of address, value and count.
Reply checkReply(const QByteArray &request, const QByteArray &response);

/// Bit `index` of an answer to a read of coils or discrete inputs.
bool bitAt(const QByteArray &bytes, int index);

/// Value of a point that lies `index` addresses behind the first one of an answer.
Reading readingAt(const RegisterPoint &point, const QByteArray &bytes, int index);

constexpr quint8 deviceFailure = 4;  ///< exception of a server that can't do what was asked

/// "exception 2 (illegal data address)"
QString exceptionText(quint8 exception);
QualityReason reasonOf(quint8 exception);

}  // namespace tagwire::modbus
