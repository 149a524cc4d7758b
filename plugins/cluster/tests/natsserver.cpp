// SPDX-License-Identifier: Apache-2.0
#include "natsserver.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>

#include <sys/prctl.h>
#include <csignal>

namespace tagwire::cluster {

quint16 unusedPort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost);
  return server.serverPort();
}

NatsServer::NatsServer(QByteArray more) : m_more(std::move(more)), m_port(unusedPort()) {
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
  if (!m_more.contains("domain:")) file.write(", max_file: 4GB");
  file.write(" }\n" + m_more + '\n');
  file.close();
  QString program = QStringLiteral("/usr/sbin/nats-server");
  if (!QFile::exists(program)) program = QStringLiteral("nats-server");
  m_process.start(program, {QStringLiteral("-c"), file.fileName()});
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

QString NatsServer::output() const {
  QFile log(m_folder.filePath(QStringLiteral("log")));
  return log.open(QIODevice::ReadOnly) ? QString::fromUtf8(log.readAll()) : QString();
}

}  // namespace tagwire::cluster
