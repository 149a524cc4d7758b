// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <array>

#include "pdu.h"

namespace tagwire::modbus {

/// What a Modbus server holds: the four tables, address by address, and the answer to every request (functions 1 to 6,
/// 15, 16, 22 and 23). Addresses that were never added are refused with exception 2. No I/O. Plain value; owned by the
/// ModbusServer.
class RegisterImage {
 public:
  /// Adds an address, or changes its value without it counting as written.
  void set(Table table, int address, quint16 value);
  bool contains(Table table, int address) const { return cells(table).contains(static_cast<quint16>(address)); }
  quint16 value(Table table, int address) const { return cells(table).value(static_cast<quint16>(address)).value; }
  /// A client wrote it.
  bool isWritten(Table table, int address) const { return cells(table).value(static_cast<quint16>(address)).isWritten; }

  /// The answer, an exception included; `request` has at least the function code.
  QByteArray answer(const QByteArray &request);

 private:
  struct Cell {
    quint16 value = 0;
    bool isWritten = false;
  };
  using Cells = QHash<quint16, Cell>;

  const Cells &cells(Table table) const { return m_tables[static_cast<size_t>(table)]; }
  bool covers(Table table, int address, int count) const;
  void write(Table table, int address, quint16 value);
  QByteArray read(Table table, const QByteArray &request) const;
  QByteArray readRegisters(Function function, Table table, int address, int count) const;
  QByteArray writeOne(Table table, const QByteArray &request);
  QByteArray writeMany(Table table, const QByteArray &request);
  QByteArray maskWrite(const QByteArray &request);
  QByteArray readWrite(const QByteArray &request);

  std::array<Cells, 4> m_tables;
};

/// The answer that refuses `request`.
QByteArray exceptionPdu(const QByteArray &request, quint8 exception);

}  // namespace tagwire::modbus
