// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QModbusTcpServer>
#include <QTest>

#include "runningprogram.h"

/// A PLC by Qt's Modbus server, not by ours, with coils 0…9 and holding registers 0…19; unit 1.
class ModbusPlc {
 public:
  ModbusPlc() {
    m_server.setMap({{QModbusDataUnit::Coils, {QModbusDataUnit::Coils, 0, 10}},
                     {QModbusDataUnit::HoldingRegisters, {QModbusDataUnit::HoldingRegisters, 0, 20}}});
    m_server.setServerAddress(1);
    m_server.setConnectionParameter(QModbusDevice::NetworkAddressParameter, QStringLiteral("127.0.0.1"));
    m_server.setConnectionParameter(QModbusDevice::NetworkPortParameter, m_port);
  }
  quint16 port() const { return m_port; }
  bool connectDevice() { return m_server.connectDevice(); }
  void disconnectDevice() { m_server.disconnectDevice(); }

  bool isOn(int coil) const {
    quint16 value = 0;
    return m_server.data(QModbusDataUnit::Coils, static_cast<quint16>(coil), &value) && value != 0;
  }
  void setRegister(quint16 address, quint16 value) {
    QVERIFY(m_server.setData(QModbusDataUnit::HoldingRegisters, address, value));
  }

 private:
  const quint16 m_port = freePort();
  QModbusTcpServer m_server;
};
