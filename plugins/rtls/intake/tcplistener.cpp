// SPDX-License-Identifier: Apache-2.0
#include "tcplistener.h"

#include <algorithm>

#include "fixline.h"

namespace tagwire::rtls {

using namespace std::chrono_literals;

namespace {

constexpr auto silentLong = 60s;

QString senderOf(const QTcpSocket &socket) { return plainAddress(socket.peerAddress()).toString(); }

}  // namespace

LineClient::LineClient(QTcpSocket *socket, const QString &connection, LineIntake &intake)
    : LineSource(intake.turns()),
      m_socket(socket),
      m_connection(connection),
      m_sender(senderOf(*socket)),
      m_intake(intake),
      m_heard(intake.context().clock().elapsed()) {
  m_socket->setParent(nullptr);
  m_socket->setReadBufferSize(chunk);
  m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
  connect(m_socket.get(), &QTcpSocket::readyRead, this, &LineClient::begin);
  connect(m_socket.get(), &QTcpSocket::disconnected, this, &LineClient::begin);
}

LineClient::~LineClient() {
  // It reports its end while it is destroyed.
  m_socket->disconnect(this);
}

int LineClient::takeSome(int most) {
  int read = 0;  // without those that are in m_lines
  if (m_next >= m_lines.size()) {
    read = readChunk();
    if (read < 0) {
      end();
      return 1;
    }
  }
  const auto taken = static_cast<int>(std::min<qsizetype>(most, m_lines.size() - m_next));
  for (const qsizetype last = m_next + taken; m_next < last; ++m_next) {
    const auto result = m_intake.take(m_lines.at(m_next), m_connection, m_sender);
    if (!result) answer(result.error());
  }
  wait();
  return read + taken;
}

void LineClient::end() {
  if (m_socket->state() != QAbstractSocket::UnconnectedState) return;
  const LineReader::Lines last = m_reader.finish();  // its end is the end of the connection
  for (const QByteArray &line : last.lines) (void)m_intake.take(line, m_connection, m_sender);
  Q_EMIT gone();
}

/// How many lines there were that are not in m_lines; -1: there is nothing to read now.
int LineClient::readChunk() {
  const QByteArray bytes = m_socket->read(chunk);
  if (bytes.isEmpty()) return -1;
  m_heard = m_intake.context().clock().elapsed();
  const bool wasHalf = m_reader.isHalf();
  LineReader::Lines read = m_reader.add(bytes);
  if (read.tooLong > 0) {
    const QString why = QStringLiteral("a line is longer than %1 bytes").arg(LineReader::longest);
    m_intake.drop(LineIntake::Drop::TooLong, m_sender, why, read.tooLong);
    answer(why);
  }
  if (!m_reader.isHalf()) {
    m_halfSince.reset();
  } else if (!wasHalf || bytes.contains('\n')) {
    m_halfSince = m_heard;
  }
  m_lines = std::move(read.lines);
  m_next = 0;
  return read.tooLong + read.blank;
}

void LineClient::answer(const QString &reason) {
  if (m_socket->state() != QAbstractSocket::ConnectedState) return;
  if (m_socket->bytesToWrite() > mostUnsent) {
    return m_intake.drop(LineIntake::Drop::Answer, m_sender, QStringLiteral("it does not read our answers"));
  }
  m_socket->write(refusalLine(reason));
}

void LineClient::turnOff(LineIntake::Drop reason, const QString &why) {
  m_intake.drop(reason, m_sender, why);
  answer(why);
  m_socket->disconnect(this);
  m_socket->flush();
  m_socket->disconnectFromHost();
}

TcpListener::TcpListener(const IntakeConfig &config, LineIntake &intake)
    : m_config(config),
      m_mostConnections(config.connections.value_or(100)),
      m_lineTimeout(config.lineTimeout.value_or(10'000ms)),
      m_intake(intake) {
  m_server.setListenBacklogSize(1024);
  m_server.setMaxPendingConnections(1024);
  connect(&m_server, &QTcpServer::newConnection, this, &TcpListener::acceptAll);
  connect(&m_server, &QTcpServer::acceptError, this, &TcpListener::acceptFailed);
  connect(&m_ticks, &QTimer::timeout, this, &TcpListener::closeHalfLines);
}

TcpListener::~TcpListener() = default;

Result<void> TcpListener::open(Descriptor socket) {
  const bool isTaken = socket.isOpen() && m_server.setSocketDescriptor(socket.number());
  if (isTaken) (void)socket.release();
  if (!isTaken && !m_server.listen(m_config.tcp->address, m_config.tcp->port)) {
    return failure(m_server.errorString() + listenHint(m_server.serverError()));
  }
  const auto tick = std::chrono::duration_cast<std::chrono::milliseconds>(m_lineTimeout / 4);
  m_ticks.start(std::clamp<std::chrono::milliseconds>(tick, 25ms, 1000ms));
  return {};
}

void TcpListener::acceptAll() {
  while (QTcpSocket *socket = m_server.nextPendingConnection()) welcome(socket);
}

void TcpListener::welcome(QTcpSocket *socket) {
  const auto turnAway = [&](LineIntake::Drop reason, const QString &why) {
    m_intake.drop(reason, senderOf(*socket), why);
    socket->abort();
    socket->deleteLater();
  };
  if (!isAllowed(m_config, plainAddress(socket->peerAddress()))) {
    return turnAway(LineIntake::Drop::Sender, QStringLiteral("the address is not in `from`"));
  }
  if (!makeRoom()) {
    return turnAway(
        LineIntake::Drop::Connections,
        QStringLiteral("%1 are connected already, which is all that `connections` allows").arg(connections()));
  }
  // A name that no other connection of this run has: with it the count of sequences starts anew (R1-12).
  const QString connection =
      QStringLiteral("tcp %1 connection %2 of port %3").arg(senderOf(*socket)).arg(++m_count).arg(port());
  m_clients.push_back(std::make_unique<LineClient>(socket, connection, m_intake));
  LineClient *client = m_clients.back().get();
  connect(client, &LineClient::gone, this, [this, client] { drop(client); });
  Q_EMIT connectionsChanged();
  client->begin();
}

/// One that was silent for long may be gone without a word.
bool TcpListener::makeRoom() {
  if (connections() < m_mostConnections) return true;
  const auto quietest = std::ranges::min_element(m_clients, {}, [](const auto &each) { return each->heard(); });
  if (m_intake.context().clock().elapsed() - (*quietest)->heard() < silentLong) return false;
  drop(quietest->get());
  return true;
}

void TcpListener::drop(LineClient *client) {
  const auto found = std::ranges::find_if(m_clients, [&](const auto &each) { return each.get() == client; });
  if (found == m_clients.end()) return;
  found->release()->deleteLater();  // it may be the very one that calls
  client->setParent(this);
  client->disconnect(this);
  m_clients.erase(found);
  Q_EMIT connectionsChanged();
}

void TcpListener::closeHalfLines() {
  const auto now = m_intake.context().clock().elapsed();
  std::vector<LineClient *> late;
  for (const auto &client : m_clients) {
    if (client->halfSince() && now - *client->halfSince() >= m_lineTimeout) late.push_back(client.get());
  }
  for (LineClient *client : late) {
    client->turnOff(LineIntake::Drop::Timeout, QStringLiteral("a line was begun and not ended in time"));
    drop(client);
  }
}

void TcpListener::acceptFailed() {
  m_intake.drop(LineIntake::Drop::Connections, QStringLiteral("TCP port %1").arg(port()), m_server.errorString());
  // Qt accepts no more after an error: no descriptors or no memory, both of which pass.
  QTimer::singleShot(1000, &m_server, &QTcpServer::resumeAccepting);
}

}  // namespace tagwire::rtls
