// SPDX-License-Identifier: Apache-2.0
#include "modbusserver.h"

#include <QHostAddress>
#include <QPointer>
#include <QSerialPort>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

#include <algorithm>

#include "network/listenaddress.h"
#include "serverlink.h"

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

constexpr quint8 gatewayTargetFailed = 11;

QString peerText(const QHostAddress &address) {
  bool isV4 = false;
  const QHostAddress plain(address.toIPv4Address(&isV4));
  return isV4 ? plain.toString() : address.toString();
}

Result<QHostAddress> addressOf(const QString &host) {
  const QHostAddress address(host == u"localhost" ? QStringLiteral("127.0.0.1") : host);
  if (!address.isNull()) return address;
  return failure(QStringLiteral("\"%1\" is not an address to listen on (allowed: an IP address)").arg(host));
}

}  // namespace

Result<Endpoint> listenAddress(const QString &text) {
  if (text.contains(u"://")) return Endpoint::toListenOn(text);
  const QUrl url(QStringLiteral("tcp://") + text, QUrl::StrictMode);
  if (text.contains(u'@') || url.port() >= 0) return Endpoint::toListenOn(QStringLiteral("tcp://") + text);
  return failure(QStringLiteral("not an address with a port (allowed: 127.0.0.1:1502, or %1)")
                     .arg(QString::fromUtf8(Endpoint::form)));
}

ModbusServer::Counters::Counters(Metrics &metrics)
    : requests(metrics.counter("tagwire_modbus_server_requests_total", "Requests to a unit id that is served")),
      exceptions(metrics.counter("tagwire_modbus_server_exceptions_total", "Requests answered with an exception")),
      writes(metrics.counter("tagwire_modbus_server_writes_total", "Requests that wrote something")),
      turnedAway(metrics.counter("tagwire_modbus_server_refused_peers_total",
                                 "Connections closed at once: not allowed, or too many")),
      dropped(metrics.counter("tagwire_modbus_server_dropped_peers_total",
                              "Connections closed for broken or half frames, or answers that were not taken")),
      clients(metrics.gauge("tagwire_modbus_server_clients", "Clients that are connected")) {}

ModbusServer::ModbusServer(ServerLimits limits) : m_limits(limits), m_ticks(this) {
  connect(&m_ticks, &QTimer::timeout, this, &ModbusServer::dropStuck);
}

ModbusServer::~ModbusServer() { close(); }

tl::expected<void, ListenError> ModbusServer::listen(const QString &host, quint16 port) {
  Endpoint where;
  where.host = host;
  where.port = port;
  return listen(where);
}

tl::expected<void, ListenError> ModbusServer::listen(const Endpoint &where, Descriptor socket) {
  auto opened = where.transport == Transport::Serial ? openLine(where) : listenOverTcp(where, std::move(socket));
  if (opened) m_ticks.start(std::clamp<std::chrono::milliseconds>(m_limits.idle / 10, 10ms, 1000ms));
  return opened;
}

tl::expected<void, ListenError> ModbusServer::listenOverTcp(const Endpoint &where, Descriptor socket) {
  const auto address = addressOf(where.host);
  if (!address) return tl::unexpected(ListenError{address.error()});
  auto listener = std::make_unique<QTcpServer>();
  // All may come back at once after a restart; with the default of 50 some would wait a second for it.
  listener->setListenBacklogSize(1024);
  listener->setMaxPendingConnections(1024);
  const bool isTaken = socket.isOpen() && listener->setSocketDescriptor(socket.number());
  if (isTaken) (void)socket.release();
  if (!isTaken && !listener->listen(*address, where.port)) {
    return tl::unexpected(
        ListenError{QStringLiteral("can't listen on %1: %2")
                        .arg(where.toText(), listener->errorString() + listenHint(listener->serverError())),
                    listener->serverError() == QAbstractSocket::AddressInUseError});
  }
  connect(listener.get(), &QTcpServer::newConnection, this,
          [this, server = listener.get(), transport = where.transport] {
            while (QTcpSocket *client = server->nextPendingConnection()) welcome(client, transport);
          });
  Endpoint taken = where;
  taken.port = listener->serverPort();
  m_addresses << taken.toText();
  m_listeners.push_back(std::move(listener));
  return {};
}

tl::expected<void, ListenError> ModbusServer::openLine(const Endpoint &where) {
  constexpr std::array parities{QSerialPort::NoParity, QSerialPort::EvenParity, QSerialPort::OddParity};
  auto port = std::make_unique<QSerialPort>(where.device);
  port->setBaudRate(where.baud);
  port->setParity(parities[static_cast<size_t>(where.parity)]);
  port->setStopBits(where.stopBits == 2 ? QSerialPort::TwoStop : QSerialPort::OneStop);
  port->setReadBufferSize(ServerLink::mostBuffered);
  if (!port->open(QIODevice::ReadWrite)) {
    return tl::unexpected(ListenError{QStringLiteral("can't open %1: %2").arg(where.toText(), port->errorString())});
  }
  QSerialPort *opened = port.get();
  auto link = std::make_unique<ServerLink>(*this, std::move(port), where, where.toText());
  connect(opened, &QSerialPort::errorOccurred, link.get(), [this, opened, line = link.get()](auto error) {
    if (error != QSerialPort::ResourceError && error != QSerialPort::ReadError && error != QSerialPort::WriteError) {
      return;
    }
    const QString why = QStringLiteral("%1 is lost: %2").arg(line->peer(), opened->errorString());
    drop(line);
    Q_EMIT lost(why);
  });
  m_addresses << where.toText();
  m_lines.push_back(std::move(link));
  return {};
}

std::vector<Descriptor> ModbusServer::closeClients() {
  std::vector<Descriptor> sockets;
  for (const auto &listener : m_listeners) {
    sockets.push_back(Descriptor::duplicateOf(static_cast<int>(listener->socketDescriptor())));
  }
  close();
  return sockets;
}

void ModbusServer::close() {
  m_ticks.stop();
  m_listeners.clear();
  m_addresses.clear();
  while (!m_clients.empty()) drop(m_clients.back().get());
  while (!m_lines.empty()) drop(m_lines.back().get());
}

quint16 ModbusServer::port() const { return m_listeners.empty() ? quint16{0} : m_listeners.front()->serverPort(); }

void ModbusServer::countIn(Metrics &metrics) { m_counters.emplace(metrics); }

void ModbusServer::welcome(QTcpSocket *client, Transport transport) {
  if (m_admits && !m_admits(client->peerAddress())) return turnAway(client, "is not allowed");
  if (!makeRoom()) return turnAway(client, "is one client too many");
  client->setParent(nullptr);
  client->setReadBufferSize(ServerLink::mostBuffered);
  client->setSocketOption(QAbstractSocket::LowDelayOption, 1);
  client->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
  Endpoint endpoint;
  endpoint.transport = transport;
  const QString peer = QStringLiteral("%1:%2").arg(peerText(client->peerAddress())).arg(client->peerPort());
  m_clients.push_back(std::make_unique<ServerLink>(*this, std::unique_ptr<QIODevice>(client), endpoint, peer));
  ServerLink *link = m_clients.back().get();
  connect(client, &QTcpSocket::disconnected, link, [this, link] { drop(link); });
  countClients();
  link->work();
}

/// Who was silent longest goes, if it was long: it may be one of those whose machine is gone without a word (MODBUS
/// Messaging on TCP/IP 4.2.1).
bool ModbusServer::makeRoom() {
  if (clients() < m_limits.clients) return true;
  const auto longest = std::max_element(m_clients.begin(), m_clients.end(), [](const auto &one, const auto &other) {
    return one->silentFor() < other->silentFor();
  });
  if (longest == m_clients.end() || (*longest)->silentFor() <= m_limits.idle) return false;
  drop(longest->get());
  return true;
}

void ModbusServer::turnAway(QTcpSocket *client, const char *why) {
  const QString peer = peerText(client->peerAddress());
  if (m_counters) m_counters->turnedAway.add();
  client->abort();
  client->deleteLater();
  Q_EMIT turnedAway(QStringLiteral("%1 %2").arg(peer, QString::fromLatin1(why)));
}

void ModbusServer::drop(ServerLink *link) {
  for (auto *links : {&m_clients, &m_lines}) {
    const auto found = std::find_if(links->begin(), links->end(), [&](const auto &each) { return each.get() == link; });
    if (found == links->end()) continue;
    link->end();
    // It may be the very one that calls.
    found->get()->setParent(this);
    found->release()->deleteLater();
    links->erase(found);
  }
  countClients();
}

void ModbusServer::dropFaulty(ServerLink *link) {
  if (m_counters) m_counters->dropped.add();
  drop(link);
}

void ModbusServer::dropStuck() {
  for (size_t i = m_clients.size(); i-- > 0;) {
    if (m_clients[i]->isStuck(m_limits.idle)) dropFaulty(m_clients[i].get());
  }
}

void ModbusServer::countClients() {
  if (m_counters) m_counters->clients.set(clients());
}

void ModbusServer::answer(const Frame &request, const QString &peer, bool isLine, const Answer &answer) {
  if (isLine && request.unit == 0) {
    answerBroadcast(request.pdu, peer);
    return answer(std::nullopt);
  }
  const auto image = m_images.find(request.unit);
  if (m_silentUnits.contains(request.unit) || (isLine && image == m_images.end())) return answer(std::nullopt);
  if (image == m_images.end()) return answer(exceptionPdu(request.pdu, gatewayTargetFailed));
  if (m_delay == 0ms) return serve(request.unit, image->second, request.pdu, peer, answer);
  QTimer::singleShot(m_delay, this, [this, request, peer, answer] {
    serve(request.unit, m_images[request.unit], request.pdu, peer, answer);
  });
}

/// On a line unit id 0 is a broadcast: only writes make sense, and nobody answers (MODBUS over Serial Line 2.1).
void ModbusServer::answerBroadcast(const QByteArray &request, const QString &peer) {
  for (auto &[unit, image] : m_images) {
    const bool isWrite = image.check(request) == 0 && image.writeIn(request);
    if (isWrite && !m_silentUnits.contains(unit)) serve(unit, image, request, peer, [](const auto &) {});
  }
}

void ModbusServer::serve(quint8 unit, RegisterImage &image, const QByteArray &request, const QString &peer,
                         const Answer &answer) {
  if (m_counters) m_counters->requests.add();
  const quint8 exception = image.check(request);
  const auto write = exception == 0 ? image.writeIn(request) : std::nullopt;
  if (write && m_counters) m_counters->writes.add();
  if (write && m_writeHandler) {
    const auto done = [server = QPointer<ModbusServer>(this), unit, request, answer](quint8 outcome) {
      // Looked at once more: function 23 reads what may be refused by now.
      if (server) server->finish(outcome != 0 ? outcome : server->m_images[unit].check(request), unit, request, answer);
    };
    return m_writeHandler(unit, *write, peer, done);
  }
  if (write) (void)image.answer(request);
  finish(exception, unit, request, answer);
}

void ModbusServer::finish(quint8 exception, quint8 unit, const QByteArray &request, const Answer &answer) {
  if (m_counters && exception != 0) m_counters->exceptions.add();
  answer(exception != 0 ? exceptionPdu(request, exception) : m_images[unit].reply(request));
}

}  // namespace tagwire::modbus
