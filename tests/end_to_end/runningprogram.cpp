// SPDX-License-Identifier: Apache-2.0
#include "runningprogram.h"

#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>

#include <sys/prctl.h>

#include <csignal>

quint16 freePort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost, 0);
  return server.serverPort();
}

void endWithTheTest() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

RunningProgram::RunningProgram() { m_process.setChildProcessModifier(&endWithTheTest); }

RunningProgram::~RunningProgram() { kill(); }

bool RunningProgram::start(const QByteArray &manifest) {
  errors();  // of a run before this one; QProcess forgets what was not read
  QFile target(file("manifest.json"));
  if (!target.open(QIODevice::WriteOnly)) return false;
  target.write(manifest);
  target.close();
  m_process.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("run"), target.fileName()});
  QDeadlineTimer deadline(60'000);
  while (m_process.state() != QProcess::NotRunning && !deadline.hasExpired()) {
    // The event loop runs meanwhile: the test's own servers answer the program from it.
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    if (m_process.canReadLine() && m_process.readLine() == "ready\n") return true;
  }
  return false;
}

int RunningProgram::terminate() {
  if (m_process.state() == QProcess::NotRunning) return -1;  // kill() would take pid 0 for all of our group
  ::kill(static_cast<pid_t>(m_process.processId()), SIGTERM);
  if (!m_process.waitForFinished(30'000)) return -1;
  return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
}

void RunningProgram::kill() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.kill();
  m_process.waitForFinished();
}

qint64 RunningProgram::residentKiB() const {
  QFile status(QStringLiteral("/proc/%1/status").arg(m_process.processId()));
  if (!status.open(QIODevice::ReadOnly)) return -1;
  for (const QByteArray &line : status.readAll().split('\n')) {
    if (line.startsWith("VmRSS:")) return line.mid(6).trimmed().split(' ').first().toLongLong();
  }
  return -1;
}

Client::Client(const QString &url) {
  QObject::connect(&m_socket, &QWebSocket::textMessageReceived, &m_socket,
                   [this](const QString &text) { messages << QJsonDocument::fromJson(text.toUtf8()).object(); });
  QObject::connect(&m_socket, &QWebSocket::disconnected, &m_socket, [this] { closeCode = m_socket.closeCode(); });
  m_socket.open(QUrl(url));
}

bool Client::waitOpen() {
  QDeadlineTimer deadline(30'000);
  while (m_socket.state() != QAbstractSocket::ConnectedState && !deadline.hasExpired()) {
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
  }
  return m_socket.state() == QAbstractSocket::ConnectedState;
}

HttpAnswer http(quint16 port, const QByteArray &method, const QByteArray &path, const QByteArray &body) {
  QTcpSocket socket;
  socket.connectToHost(QHostAddress::LocalHost, port);
  socket.write(method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(port) +
               "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
               QByteArray::number(body.size()) + "\r\n\r\n" + body);
  QByteArray answer;
  QDeadlineTimer deadline(30'000);
  while (!deadline.hasExpired()) {
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
    answer += socket.readAll();
    const bool isOver = !answer.isEmpty() || socket.error() == QAbstractSocket::ConnectionRefusedError;
    if (socket.state() == QAbstractSocket::UnconnectedState && isOver) break;
  }
  const auto end = answer.indexOf("\r\n\r\n");
  return {answer.mid(9, 3).toInt(), answer.mid(end + 4)};
}
