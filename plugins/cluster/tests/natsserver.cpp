// SPDX-License-Identifier: Apache-2.0
#include "natsserver.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QTcpSocket>

#include <sys/prctl.h>
#include <csignal>

namespace tagwire::cluster {

quint16 unusedPort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost);
  return server.serverPort();
}

NatsServer::NatsServer(QByteArray more, QByteArray domain)
    : m_more(std::move(more)), m_domain(std::move(domain)), m_port(unusedPort()) {
  m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
  m_process.setProcessChannelMode(QProcess::MergedChannels);
  m_process.setStandardOutputFile(m_folder.filePath(QStringLiteral("log")));
}

NatsServer::~NatsServer() { kill(); }

bool NatsServer::start() {
  QFile file(m_folder.filePath(QStringLiteral("nats.conf")));
  if (!file.open(QIODevice::WriteOnly)) return false;
  file.write("listen: 127.0.0.1:" + QByteArray::number(m_port) + "\n");
  file.write("server_name: n" + QByteArray::number(m_port) + "\n");
  file.write("jetstream: { store_dir: \"" + m_folder.filePath(QStringLiteral("js")).toUtf8() + "\"");
  if (!m_domain.isEmpty()) file.write(", domain: " + m_domain);
  file.write(", max_file: 4GB }\n" + m_more + '\n');
  file.close();
  return startWith(file.fileName());
}

bool NatsServer::startWith(const QString &configuration) {
  QString program = QStringLiteral("/usr/sbin/nats-server");
  if (!QFile::exists(program)) program = QStringLiteral("nats-server");
  m_process.start(program, {QStringLiteral("-c"), configuration});
  if (!m_process.waitForStarted()) return false;
  QDeadlineTimer deadline(10'000);
  while (!deadline.hasExpired() && m_process.state() == QProcess::Running) {
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), m_port);
    // It says INFO when it is ready.
    if (socket.waitForConnected(200) && socket.waitForReadyRead(1000)) return true;
    m_process.waitForFinished(20);
  }
  return false;
}

void NatsServer::kill() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.kill();
  m_process.waitForFinished(5000);
}

void NatsServer::freeze() { ::kill(static_cast<pid_t>(m_process.processId()), SIGSTOP); }
void NatsServer::thaw() { ::kill(static_cast<pid_t>(m_process.processId()), SIGCONT); }

TcpGate::TcpGate(quint16 target) : m_target(target) {
  QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] { connectNext(); });
  m_server.listen(QHostAddress::LocalHost);
}

void TcpGate::connectNext() {
  QTcpSocket *near = m_server.nextPendingConnection();
  if (m_isCut) return near->abort();
  auto *far = new QTcpSocket(near);
  const auto carry = [](QTcpSocket *from, QTcpSocket *to) {
    QObject::connect(from, &QTcpSocket::readyRead, to, [from, to] { to->write(from->readAll()); });
    QObject::connect(from, &QTcpSocket::disconnected, to, &QTcpSocket::disconnectFromHost);
  };
  carry(near, far);
  carry(far, near);
  far->connectToHost(QHostAddress::LocalHost, m_target);
}

void TcpGate::cut() {
  m_isCut = true;
  for (QTcpSocket *each : m_server.findChildren<QTcpSocket *>()) each->abort();
}

QString NatsServer::output() const {
  QFile log(m_folder.filePath(QStringLiteral("log")));
  return log.open(QIODevice::ReadOnly) ? QString::fromUtf8(log.readAll()) : QString();
}

}  // namespace tagwire::cluster
