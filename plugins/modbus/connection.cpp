// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <QNetworkProxy>

namespace tagwire::modbus {
namespace {

/// Far more than the one answer we wait for; a flood beyond it stays in the kernel.
constexpr qint64 readBufferBytes = 4096;

}  // namespace

Connection::Connection(Endpoint endpoint, std::chrono::milliseconds timeout, QObject *parent)
    : QObject(parent), m_endpoint(std::move(endpoint)), m_timeout(timeout), m_deadline(this) {
  m_deadline.setSingleShot(true);
  m_deadline.setTimerType(Qt::PreciseTimer);
  connect(&m_deadline, &QTimer::timeout, this, &Connection::expire);
}

Connection::~Connection() { close(); }

void Connection::open() {
  m_decoder = MbapDecoder();
  // A fresh socket each time: nothing of an earlier connection can be left in it.
  m_socket = new QTcpSocket(this);
  m_socket->setProxy(QNetworkProxy::NoProxy);
  m_socket->setReadBufferSize(readBufferBytes);
  connect(m_socket, &QTcpSocket::connected, this, [this] {
    m_deadline.stop();
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    m_state = State::Ready;
    Q_EMIT opened();
  });
  connect(m_socket, &QTcpSocket::readyRead, this, &Connection::read);
  connect(m_socket, &QTcpSocket::errorOccurred, this, [this] {
    const QString text = m_socket->errorString();
    // What arrived before the end may still be a whole answer.
    if (m_state == State::Waiting && m_socket->bytesAvailable() > 0) read();
    if (m_state == State::Waiting || m_state == State::Opening || m_state == State::Ready) {
      fail(QualityReason::NoConnection, text);
    }
  });
  m_state = State::Opening;
  m_deadline.start(m_timeout);
  m_socket->connectToHost(m_endpoint.host, m_endpoint.port);
}

void Connection::close() {
  m_state = State::Closed;
  m_deadline.stop();
  if (!m_socket) return;
  m_socket->disconnect(this);
  m_socket->abort();
  m_socket->deleteLater();
  m_socket = nullptr;
}

void Connection::send(quint8 unit, const QByteArray &pdu) {
  m_unit = unit;
  m_request = pdu;
  m_state = State::Waiting;
  m_deadline.start(m_timeout);
  m_socket->write(encodeMbap({++m_transaction, unit, pdu}));
}

void Connection::read() {
  m_decoder.add(m_socket->readAll());
  if (m_state != State::Waiting) {
    fail(QualityReason::InvalidResponse, QStringLiteral("bytes that nobody asked for"));
    return;
  }
  const auto frame = m_decoder.next();
  if (!frame) {
    if (!m_decoder.error().isEmpty()) fail(QualityReason::InvalidResponse, m_decoder.error());
    return;
  }
  Reply reply = check(*frame);
  if (reply.kind != Reply::Kind::Invalid && m_decoder.pending() > 0) {
    reply = {
        .kind = Reply::Kind::Invalid, .bytes = {}, .exception = 0, .error = QStringLiteral("bytes behind the answer")};
  }
  if (reply.kind == Reply::Kind::Invalid) {
    fail(QualityReason::InvalidResponse, reply.error);
    return;
  }
  m_deadline.stop();
  m_state = State::Ready;
  Q_EMIT replied(reply);
}

Reply Connection::check(const Frame &frame) const {
  const auto wrong = [](const char *what, int given, int due) {
    return Reply{.kind = Reply::Kind::Invalid,
                 .bytes = {},
                 .exception = 0,
                 .error = QStringLiteral("%1 %2 in the answer (due: %3)").arg(QLatin1String(what)).arg(given).arg(due)};
  };
  if (frame.transaction != m_transaction) return wrong("transaction", frame.transaction, m_transaction);
  if (frame.unit != m_unit) return wrong("unit id", frame.unit, m_unit);
  return checkReply(m_request, frame.pdu);
}

void Connection::expire() {
  fail(m_state == State::Opening ? QualityReason::NoConnection : QualityReason::Timeout,
       QStringLiteral("no answer within %1 ms").arg(m_timeout.count()));
}

void Connection::fail(QualityReason reason, const QString &text) {
  const State before = m_state;
  close();
  Q_EMIT lost(reason, text, before);
}

}  // namespace tagwire::modbus
