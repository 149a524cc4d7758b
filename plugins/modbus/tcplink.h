// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpSocket>

#include "link.h"

namespace tagwire::modbus {

/// A fresh socket for each connection, so that nothing of an earlier one can be left in it.
class TcpLink : public Link {
  Q_OBJECT
 public:
  explicit TcpLink(const Endpoint &endpoint) : Link(nullptr), m_endpoint(endpoint) {}
  ~TcpLink() override { close(); }

  void open() override;
  void close() override;
  void write(const QByteArray &bytes) override { m_socket->write(bytes); }
  void flush() override {
    if (m_socket) m_socket->flush();
  }
  QByteArray read() override { return m_socket ? m_socket->readAll() : QByteArray(); }

 private:
  qintptr descriptor() const override { return m_socket ? m_socket->socketDescriptor() : -1; }
  QIODevice *device() const override { return m_socket; }

  Endpoint m_endpoint;
  QTcpSocket *m_socket = nullptr;
};

}  // namespace tagwire::modbus
