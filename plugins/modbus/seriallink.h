// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSerialPort>

#include "link.h"

namespace tagwire::modbus {

/// A serial port, opened for us alone. One that is pulled out is closed at its first error: it would report errors
/// without end.
class SerialLink : public Link {
  Q_OBJECT
 public:
  explicit SerialLink(const Endpoint &endpoint) : Link(nullptr), m_endpoint(endpoint) {}
  ~SerialLink() override { close(); }

  void open() override;
  void close() override;
  void write(const QByteArray &bytes) override { m_port->write(bytes); }
  void flush() override {
    if (m_port) m_port->flush();
  }
  QByteArray read() override { return m_port ? m_port->readAll() : QByteArray(); }

 private:
  qintptr descriptor() const override { return m_port ? m_port->handle() : -1; }
  QIODevice *device() const override { return m_port; }

  Endpoint m_endpoint;
  QSerialPort *m_port = nullptr;
};

/// Sets speed, parity and stop bits; 8 data bits, no flow control.
void setUp(QSerialPort &port, const Endpoint &endpoint);

}  // namespace tagwire::modbus
