// SPDX-License-Identifier: Apache-2.0
#include "udplistener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <QUdpSocket>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tagwire::rtls {

namespace {

constexpr int largestDatagram = 65'536;
constexpr int receiveBuffer = 1 << 20;  // the kernel may give less

quint16 portOf(const sockaddr_storage &address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6 &>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in &>(address).sin_port);
}

/// How many datagrams the kernel has dropped so far, if it says so.
std::optional<quint32> lostOf(msghdr &message) {
  for (cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
    quint32 lost = 0;
    std::memcpy(&lost, CMSG_DATA(each), sizeof lost);
    return lost;
  }
  return std::nullopt;
}

}  // namespace

UdpListener::UdpListener(const IntakeConfig &config, LineIntake &intake)
    : LineSource(intake.turns()), m_config(config), m_intake(intake), m_buffer(largestDatagram, Qt::Uninitialized) {}

Result<void> UdpListener::open(Descriptor socket) {
  // Qt binds; we read, for Qt does not hand on what the kernel says beside a datagram.
  QUdpSocket bound;
  const bool isTaken = socket.isOpen() && bound.setSocketDescriptor(socket.number(), QAbstractSocket::BoundState);
  if (isTaken) (void)socket.release();
  if (!isTaken && !bound.bind(m_config.udp->address, m_config.udp->port, QAbstractSocket::DontShareAddress)) {
    m_isPortTaken = bound.error() == QAbstractSocket::AddressInUseError;
    return failure(bound.errorString() + listenHint(bound.error()));
  }
  m_port = bound.localPort();
  m_socket = Descriptor::duplicateOf(static_cast<int>(bound.socketDescriptor()));
  if (!m_socket.isOpen()) return failure(QString::fromLocal8Bit(std::strerror(errno)));
  const int yes = 1;
  ::setsockopt(m_socket.number(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
  ::setsockopt(m_socket.number(), SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
  m_readable = std::make_unique<QSocketNotifier>(m_socket.number(), QSocketNotifier::Read);
  connect(m_readable.get(), &QSocketNotifier::activated, this, &UdpListener::startReading);
  return {};
}

/// Until nothing is left the kernel need not tell again that there is something.
void UdpListener::startReading() {
  m_readable->setEnabled(false);
  wait();
}

int UdpListener::takeSome(int most) {
  int read = 0;  // without those that are in m_lines
  if (m_next >= m_lines.size()) {
    read = readDatagram();
    if (read < 0) {
      m_readable->setEnabled(true);
      return 1;
    }
  }
  const auto taken = static_cast<int>(std::min<qsizetype>(most, m_lines.size() - m_next));
  for (const qsizetype last = m_next + taken; m_next < last; ++m_next) {
    (void)m_intake.take(m_lines.at(m_next), m_connection, m_sender);
  }
  wait();
  return read + taken;
}

/// How many lines there were that are not in m_lines; -1: there is no datagram now.
int UdpListener::readDatagram() {
  sockaddr_storage from{};
  iovec part{m_buffer.data(), static_cast<size_t>(m_buffer.size())};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(quint32))> control{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(m_socket.number(), &message, MSG_DONTWAIT);
  if (size < 0) return errno == EINTR ? 0 : -1;
  if (const auto lost = lostOf(message)) countLost(*lost);
  return cutDatagram(QByteArrayView(m_buffer).first(size),
                     plainAddress(QHostAddress(reinterpret_cast<const sockaddr *>(&from))), portOf(from));
}

int UdpListener::cutDatagram(QByteArrayView datagram, const QHostAddress &address, quint16 port) {
  m_sender = address.toString();
  if (!isAllowed(m_config, address)) {
    m_intake.drop(LineIntake::Drop::Sender, m_sender, QStringLiteral("the address is not in `from`"));
    return 1;
  }
  m_connection = QStringLiteral("udp %1 port %2").arg(m_sender).arg(port);
  LineReader reader;
  LineReader::Lines read = reader.add(datagram);
  const LineReader::Lines last = reader.finish();
  const int tooLong = read.tooLong + last.tooLong;
  if (tooLong > 0) m_intake.drop(LineIntake::Drop::TooLong, m_sender, QStringLiteral("a line is too long"), tooLong);
  m_lines = read.lines + last.lines;
  m_next = 0;
  const int tooMany = static_cast<int>(std::max<qsizetype>(m_lines.size() - linesOfDatagram, 0));
  if (tooMany > 0) {
    m_intake.drop(LineIntake::Drop::TooMany, m_sender,
                  QStringLiteral("a datagram holds more than %1 lines").arg(linesOfDatagram), tooMany);
    m_lines.resize(linesOfDatagram);
  }
  return tooLong + tooMany + read.blank + last.blank;
}

void UdpListener::countLost(quint32 lost) {
  const quint32 more = lost - std::exchange(m_lost, lost);
  if (more == 0) return;
  m_intake.drop(LineIntake::Drop::Kernel, QStringLiteral("UDP port %1").arg(m_port),
                QStringLiteral("more comes than can be taken"), static_cast<int>(more));
}

}  // namespace tagwire::rtls
