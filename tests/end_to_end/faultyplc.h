// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpServer>
#include <QTcpSocket>
#include <QtEndian>

#include <array>
#include <functional>

/// A Modbus TCP device with 16 coils and 16 holding registers that goes wrong as the test says. It has a few lines of
/// protocol of its own, so that it makes no mistake together with the program. Polls, which read several addresses at
/// once, are answered well; a read of one address is a read-back.
class FaultyPlc : public QObject {
 public:
  struct Request {
    QByteArray head;  ///< transaction, protocol, length, unit
    QByteArray pdu;
    quint8 function() const { return static_cast<quint8>(pdu[0]); }
    quint16 address() const { return qFromBigEndian<quint16>(pdu.constData() + 1); }
    quint16 value() const { return qFromBigEndian<quint16>(pdu.constData() + 3); }  ///< of a read: how many
    bool isRead() const { return function() <= 4; }
  };
  using Behaviour = std::function<void(QTcpSocket &, const Request &)>;

  FaultyPlc() {
    connect(&m_server, &QTcpServer::newConnection, this, [this] { welcome(m_server.nextPendingConnection()); });
  }

  bool listen() {
    if (m_server.isListening()) return true;
    return m_server.listen(QHostAddress::LocalHost, m_port) && (m_port = m_server.serverPort()) != 0;
  }
  quint16 port() const { return m_port; }
  /// Connections end, new ones are refused until listen().
  void goAway() {
    m_server.close();
    for (QTcpSocket *client : m_server.findChildren<QTcpSocket *>()) client->abort();
  }
  /// Everything goes well from now on; nothing was asked so far.
  void heal() {
    onWrite = onReadBack = well();
    isSilent = false;
    writes.clear();
    readBacks = polls = 0;
  }

  /// Does what is asked; gives the right answer to it.
  QByteArray carriedOut(const Request &request) {
    if (request.function() == 5) coils.at(request.address()) = request.value() != 0;
    if (request.function() == 6) registers.at(request.address()) = request.value();
    return answered(request, request.isRead() ? readPdu(request) : request.pdu);
  }
  static QByteArray answered(const Request &request, const QByteArray &pdu) {
    QByteArray head = request.head;
    qToBigEndian(static_cast<quint16>(pdu.size() + 1), head.data() + 4);
    return head + pdu;
  }

  Behaviour well() {
    return [this](QTcpSocket &client, const Request &request) { client.write(carriedOut(request)); };
  }
  static Behaviour nothing() {
    return [](QTcpSocket &, const Request &) {};
  }
  /// Carries it out, or not, and sends that.
  Behaviour answering(bool isCarriedOut, const std::function<QByteArray(const Request &)> &answer,
                      bool closes = false) {
    return [=, this](QTcpSocket &client, const Request &request) {
      if (isCarriedOut) carriedOut(request);
      client.write(answer(request));
      if (closes) client.disconnectFromHost();
    };
  }
  Behaviour refusing(char exception, bool isCarriedOut = false) {
    return answering(isCarriedOut, [exception](const Request &request) {
      return answered(request, QByteArray(1, static_cast<char>(request.pdu[0] | 0x80)).append(exception));
    });
  }
  /// Ends the connection after so many bytes of the right answer.
  Behaviour closing(bool isCarriedOut, int bytes) {
    return answering(
        isCarriedOut, [bytes](const Request &request) { return answered(request, request.pdu).left(bytes); }, true);
  }
  /// Carries it out; one bit of the answer is wrong.
  Behaviour changing(int byte) {
    return answering(true, [byte](const Request &request) {
      QByteArray answer = answered(request, request.pdu);
      answer[byte] = static_cast<char>(answer[byte] ^ 1);
      return answer;
    });
  }

  Behaviour onWrite;
  Behaviour onReadBack;
  bool isSilent = false;  ///< takes everything, does and answers nothing
  QList<Request> writes;  ///< that arrived, whatever became of them
  int readBacks = 0;      ///< reads of one address
  int polls = 0;          ///< other reads
  std::array<bool, 16> coils{};
  std::array<quint16, 16> registers{};

 private:
  void welcome(QTcpSocket *client) {
    connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    connect(client, &QTcpSocket::readyRead, this, [this, client, bytes = QByteArray()]() mutable {
      bytes += client->readAll();
      while (bytes.size() >= 8 && client->state() == QAbstractSocket::ConnectedState) {
        const int length = qFromBigEndian<quint16>(bytes.constData() + 4);
        if (bytes.size() < 6 + length) return;
        const Request request{bytes.left(7), bytes.mid(7, length - 1)};
        bytes.remove(0, 6 + length);
        take(*client, request);
      }
    });
  }
  void take(QTcpSocket &client, const Request &request) {
    const bool isPoll = request.isRead() && request.value() != 1;
    if (!request.isRead()) writes << request;
    if (request.isRead()) ++(isPoll ? polls : readBacks);
    if (isSilent) return;
    if (isPoll) {
      client.write(carriedOut(request));
    } else {
      (request.isRead() ? onReadBack : onWrite)(client, request);
    }
  }
  QByteArray readPdu(const Request &request) const {
    QByteArray values;
    for (quint16 i = 0; i < request.value(); ++i) {
      const quint16 address = request.address() + i;
      if (request.function() == 3) {
        values.append(static_cast<char>(registers.at(address) >> 8))
            .append(static_cast<char>(registers.at(address) & 0xFF));
        continue;
      }
      if (i % 8 == 0) values.append('\0');
      if (coils.at(address)) values.back() = static_cast<char>(values.back() | (1 << (i % 8)));
    }
    return request.pdu.left(1).append(static_cast<char>(values.size())) + values;
  }

  QTcpServer m_server;
  quint16 m_port = 0;
};
