// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpServer>
#include <QTcpSocket>

#include <map>

#include "mbap.h"
#include "registerimage.h"

namespace tagwire::modbus {

/// A Modbus TCP server over register images, one for each unit id; other units are answered as a gateway does
/// (exception 11). At most 64 clients; one that breaks the protocol or does not read its answers is dropped.
/// Thread-bound; owned by the ModbusSimulator.
class ModbusServer : public QObject {
  Q_OBJECT
 public:
  ModbusServer();

  /// Error: the address is busy or not of this machine.
  Result<void> listen(const QString &host, quint16 port);
  /// The port really taken, when 0 was asked for.
  quint16 port() const { return m_server.serverPort(); }
  /// Made when asked for the first time.
  RegisterImage &image(quint8 unit) { return m_images[unit]; }

 private:
  void accept();
  void serve(QTcpSocket *client, MbapDecoder &decoder);

  QTcpServer m_server;
  std::map<quint8, RegisterImage> m_images;
  int m_clients = 0;
};

}  // namespace tagwire::modbus
