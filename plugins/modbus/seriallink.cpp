// SPDX-License-Identifier: Apache-2.0
#include "seriallink.h"

namespace tagwire::modbus {
namespace {

QSerialPort::Parity parityOf(Parity parity) {
  switch (parity) {
    case Parity::Even:
      return QSerialPort::EvenParity;
    case Parity::Odd:
      return QSerialPort::OddParity;
    case Parity::None:
      break;
  }
  return QSerialPort::NoParity;
}

}  // namespace

void setUp(QSerialPort &port, const Endpoint &endpoint) {
  port.setPortName(endpoint.device);
  port.setBaudRate(endpoint.baud);
  port.setDataBits(QSerialPort::Data8);
  port.setParity(parityOf(endpoint.parity));
  port.setStopBits(endpoint.stopBits == 2 ? QSerialPort::TwoStop : QSerialPort::OneStop);
  port.setFlowControl(QSerialPort::NoFlowControl);
}

void SerialLink::open() {
  m_port = new QSerialPort(this);
  m_port->setReadBufferSize(readBufferBytes);
  setUp(*m_port, m_endpoint);
  if (!m_port->open(QIODevice::ReadWrite)) {
    Q_EMIT broken(m_port->errorString());
    return;
  }
  m_port->clear();
  connect(m_port, &QSerialPort::readyRead, this, &Link::readable);
  connect(m_port, &QSerialPort::errorOccurred, this, [this](QSerialPort::SerialPortError error) {
    if (error != QSerialPort::NoError && error != QSerialPort::TimeoutError) Q_EMIT broken(m_port->errorString());
  });
  Q_EMIT opened();
}

void SerialLink::close() {
  if (!m_port) return;
  m_port->disconnect(this);
  m_port->close();
  m_port->deleteLater();
  m_port = nullptr;
}

}  // namespace tagwire::modbus
