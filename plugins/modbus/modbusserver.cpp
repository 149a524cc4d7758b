// SPDX-License-Identifier: Apache-2.0
#include "modbusserver.h"

#include <QHostAddress>

namespace tagwire::modbus {
namespace {

constexpr int maxClients = 64;
constexpr qint64 maxUnsentBytes = 64 * 1024;
constexpr quint8 gatewayTargetFailed = 11;

}  // namespace

ModbusServer::ModbusServer() : m_server(this) {
  connect(&m_server, &QTcpServer::newConnection, this, &ModbusServer::accept);
}

Result<void> ModbusServer::listen(const QString &host, quint16 port) {
  const QHostAddress address(host == u"localhost" ? QStringLiteral("127.0.0.1") : host);
  if (address.isNull()) {
    return failure(QStringLiteral("\"%1\" is not an address to listen on (allowed: an IP address)").arg(host));
  }
  if (!m_server.listen(address, port)) {
    return failure(QStringLiteral("can't listen on %1:%2: %3").arg(host).arg(port).arg(m_server.errorString()));
  }
  return {};
}

void ModbusServer::accept() {
  while (QTcpSocket *client = m_server.nextPendingConnection()) {
    if (m_clients >= maxClients) {
      client->abort();
      client->deleteLater();
      continue;
    }
    ++m_clients;
    client->setReadBufferSize(maxUnsentBytes);
    client->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    connect(client, &QTcpSocket::readyRead, this,
            [this, client, decoder = MbapDecoder()]() mutable { serve(client, decoder); });
    connect(client, &QTcpSocket::disconnected, this, [this, client] {
      --m_clients;
      client->deleteLater();
    });
  }
}

void ModbusServer::serve(QTcpSocket *client, MbapDecoder &decoder) {
  decoder.add(client->readAll());
  while (const auto frame = decoder.next()) {
    const auto image = m_images.find(frame->unit);
    const QByteArray answer =
        image == m_images.end() ? exceptionPdu(frame->pdu, gatewayTargetFailed) : image->second.answer(frame->pdu);
    client->write(encodeMbap({frame->transaction, frame->unit, answer}));
  }
  if (!decoder.error().isEmpty() || client->bytesToWrite() > maxUnsentBytes) client->abort();
}

}  // namespace tagwire::modbus
