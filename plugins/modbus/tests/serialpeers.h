// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <modbus.h>

#include <QModbusDataUnit>
#include <QModbusRtuSerialServer>
#include <QSerialPort>

#include <thread>

#include "everykind.h"
#include "pseudoterminal.h"
#include "pymodbusserver.h"

namespace tagwire::modbus {

constexpr int peerBaud = 115200;

/// A Modbus server on a serial port, written by others, with `addresses` in each table of unit 1: coil 3, discrete
/// input 17, input register 4 (1234) and holding register 190 (4001) are set. Its port has to go before it does.
class SerialPeer {
 public:
  virtual ~SerialPeer() = default;
  virtual bool start(const QString &device) = 0;
};

/// libmodbus, in a thread of its own for it blocks.
class LibmodbusPeer : public SerialPeer {
 public:
  ~LibmodbusPeer() override {
    if (m_thread.joinable()) m_thread.join();
    modbus_close(m_context);
    modbus_mapping_free(m_mapping);
    modbus_free(m_context);
  }
  bool start(const QString &device) override {
    m_context = modbus_new_rtu(device.toLatin1().constData(), peerBaud, 'N', 8, 1);
    m_mapping = modbus_mapping_new(addresses, addresses, addresses, addresses);
    m_mapping->tab_bits[3] = 1;
    m_mapping->tab_input_bits[17] = 1;
    m_mapping->tab_input_registers[4] = 1234;
    m_mapping->tab_registers[190] = 4001;
    modbus_set_slave(m_context, 1);
    if (modbus_connect(m_context) != 0) return false;
    m_thread = std::thread([this] { serve(); });
    return true;
  }

 private:
  /// Until the port goes.
  void serve() {
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    while (true) {
      const int size = modbus_receive(m_context, query);
      const bool isGone = size < 0 && errno != EMBBADCRC && errno != EMBBADDATA && errno != ETIMEDOUT;
      if (isGone) return;
      if (size > 0) modbus_reply(m_context, query, size, m_mapping);
    }
  }

  modbus_t *m_context = nullptr;
  modbus_mapping_t *m_mapping = nullptr;
  std::thread m_thread;
};

/// Qt's own.
class QtPeer : public SerialPeer {
 public:
  bool start(const QString &device) override {
    QModbusDataUnitMap map;
    for (const auto type : {QModbusDataUnit::Coils, QModbusDataUnit::DiscreteInputs, QModbusDataUnit::InputRegisters,
                            QModbusDataUnit::HoldingRegisters}) {
      map.insert(type, {type, 0, addresses});
    }
    m_server.setMap(map);
    m_server.setServerAddress(1);
    m_server.setData(QModbusDataUnit::Coils, 3, 1);
    m_server.setData(QModbusDataUnit::DiscreteInputs, 17, 1);
    m_server.setData(QModbusDataUnit::InputRegisters, 4, 1234);
    m_server.setData(QModbusDataUnit::HoldingRegisters, 190, 4001);
    m_server.setConnectionParameter(QModbusDevice::SerialPortNameParameter, device);
    m_server.setConnectionParameter(QModbusDevice::SerialBaudRateParameter, peerBaud);
    m_server.setConnectionParameter(QModbusDevice::SerialParityParameter, QSerialPort::NoParity);
    return m_server.connectDevice();
  }

 private:
  QModbusRtuSerialServer m_server;
};

/// pymodbus, in a process of its own.
class PymodbusPeer : public SerialPeer {
 public:
  bool start(const QString &device) override {
    return m_server.start({QStringLiteral("rtu"), device, QString::number(peerBaud)});
  }

 private:
  PymodbusServer m_server;
};

/// A cable with a peer at its far end. Thread-bound; owned by the test.
class PeerAtCable {
 public:
  explicit PeerAtCable(const QString &name) {
    if (name == u"libmodbus") m_peer = std::make_unique<LibmodbusPeer>();
    if (name == u"Qt") m_peer = std::make_unique<QtPeer>();
    if (name == u"pymodbus") m_peer = std::make_unique<PymodbusPeer>();
  }
  ~PeerAtCable() {
    cable.far.unplug();
    m_peer.reset();
  }

  bool start() { return m_peer->start(cable.far.device()); }

  SerialCable cable;

 private:
  std::unique_ptr<SerialPeer> m_peer;
};

}  // namespace tagwire::modbus
