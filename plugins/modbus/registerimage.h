// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <array>

#include "pdu.h"

namespace tagwire::modbus {

/// What one request asks to write. Plain value.
struct RegisterWrite {
  Table table = Table::Holding;
  quint16 address = 0;
  Registers values;       ///< of addresses one after the other; of coils 0 or 1
  quint16 mask = 0xFFFF;  ///< the bits of a register that are set; fewer than all by function 22 only
};

/// What a Modbus server holds: the four tables, address by address, and the answer to every request (functions 1 to 6,
/// 15, 16, 22, 23 and 43/14). Addresses that were never added are refused with exception 2. No I/O. Plain value; owned
/// by the ModbusServer.
class RegisterImage {
 public:
  /// Adds an address, or changes its value without it counting as written. Ends refuseToRead().
  void set(Table table, int address, quint16 value);
  /// From now on who reads this address gets `exception`: there is no value that could be told.
  void refuseToRead(Table table, int address, quint8 exception);
  bool contains(Table table, int address) const { return cells(table).contains(static_cast<quint16>(address)); }
  quint16 value(Table table, int address) const { return cells(table).value(static_cast<quint16>(address)).value; }
  /// A client wrote it.
  bool isWritten(Table table, int address) const { return cells(table).value(static_cast<quint16>(address)).isWritten; }

  /// The answer, an exception included; what is to be written is then written. `request` has at least the function
  /// code, here and below.
  QByteArray answer(const QByteArray &request);

  /// For whoever carries writes out himself: the exception that `request` gets, 0 when there is none, …
  quint8 check(const QByteArray &request) const;
  /// … what one that passed wants to write (nothing: a read), …
  std::optional<RegisterWrite> writeIn(const QByteArray &request) const;
  /// … and its answer, everything being well.
  QByteArray reply(const QByteArray &request) const;

 private:
  struct Cell {
    quint16 value = 0;
    bool isWritten = false;
    quint8 exception = 0;
  };
  using Cells = QHash<quint16, Cell>;

  const Cells &cells(Table table) const { return m_tables[static_cast<size_t>(table)]; }
  quint8 checkRead(Table table, int address, int count) const;
  quint8 checkWrite(Table table, int address, int count) const;
  quint8 checkWriteMany(Table table, const QByteArray &request) const;
  quint8 checkReadWrite(const QByteArray &request) const;
  void carryOut(const RegisterWrite &write);
  QByteArray read(Table table, const QByteArray &request) const;

  std::array<Cells, 4> m_tables;
};

/// The answer that refuses `request`.
QByteArray exceptionPdu(const QByteArray &request, quint8 exception);

}  // namespace tagwire::modbus
