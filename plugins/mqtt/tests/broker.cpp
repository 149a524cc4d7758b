// SPDX-License-Identifier: Apache-2.0
#include "broker.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTcpSocket>
#include <QThread>

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tagwire::mqtt {

namespace {
constexpr int patience = 20'000;
}

int freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto *plain = reinterpret_cast<sockaddr *>(&address);
  const bool ok = ::bind(socket, plain, length) == 0 && ::getsockname(socket, plain, &length) == 0;
  ::close(socket);
  return ok ? ntohs(address.sin_port) : 0;
}

Broker::Broker() : m_port(freePort()) {
  m_process.setProcessChannelMode(QProcess::MergedChannels);
  m_process.setStandardOutputFile(m_folder.filePath(QStringLiteral("log")));
}

Broker::~Broker() {
  thaw();
  kill();
}

bool Broker::run(const QString &program, const QStringList &arguments) {
  QProcess process;
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.setWorkingDirectory(m_folder.path());
  process.start(program, arguments);
  if (process.waitForFinished(patience) && process.exitCode() == 0) return true;
  m_error = program + QStringLiteral(" failed: ") + QString::fromUtf8(process.readAll());
  return false;
}

bool Broker::useTls(const QByteArray &name, bool wantsClient, int days) {
  const QString script = QStringLiteral(
      "set -e; mk() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "
      "/CN=$1; "
      "printf \"$2\" > $1.ext; openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days %2 -extfile "
      "$1.ext -out $1.pem; }; "
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "
      "/CN=test-ca; mk server 'subjectAltName=%1\\n'; mk client 'extendedKeyUsage=clientAuth\\n'; chmod 644 *.key");
  const QString subject =
      name == "127.0.0.1" ? QStringLiteral("IP:127.0.0.1") : QStringLiteral("DNS:") + QString::fromUtf8(name);
  if (!run(QStringLiteral("sh"), {QStringLiteral("-c"), script.arg(subject).arg(days)})) return false;
  m_isTls = true;
  m_lines += "cafile " + file(QStringLiteral("ca.pem")).toUtf8() + "\ncertfile " +
             file(QStringLiteral("server.pem")).toUtf8() + "\nkeyfile " + file(QStringLiteral("server.key")).toUtf8() +
             "\n";
  if (wantsClient) m_lines += "require_certificate true\n";
  return true;
}

bool Broker::setPassword(const QString &user, const QString &password) {
  return run(QStringLiteral("mosquitto_passwd"),
             {QStringLiteral("-b"), QStringLiteral("-c"), file(QStringLiteral("passwords")), user, password}) &&
         QFile::setPermissions(file(QStringLiteral("passwords")),
                               QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
}

bool Broker::start() {
  QFile config(file(QStringLiteral("mosquitto.conf")));
  if (!config.open(QIODevice::WriteOnly)) return false;
  const bool hasPasswords = QFile::exists(file(QStringLiteral("passwords")));
  config.write("listener " + QByteArray::number(m_port) + " 127.0.0.1\n" + m_lines);
  if (hasPasswords) config.write("password_file " + file(QStringLiteral("passwords")).toUtf8() + "\n");
  if (!m_lines.contains("allow_anonymous"))
    config.write(hasPasswords ? "allow_anonymous false\n" : "allow_anonymous true\n");
  config.close();
  // Started as root it becomes the user mosquitto, who has to read the folder.
  QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7755));
  m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
  m_process.start(QStringLiteral("/usr/sbin/mosquitto"), {QStringLiteral("-c"), config.fileName()});
  if (!m_process.waitForStarted(patience)) {
    m_error = QStringLiteral("no /usr/sbin/mosquitto: install mosquitto");
    return false;
  }
  QElapsedTimer waited;
  waited.start();
  while (waited.elapsed() < patience && m_process.state() == QProcess::Running) {
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), static_cast<quint16>(m_port));
    if (socket.waitForConnected(1000)) return true;
    m_process.waitForFinished(5);
  }
  QFile log(file(QStringLiteral("log")));
  if (log.open(QIODevice::ReadOnly)) m_error = QString::fromUtf8(log.readAll());
  return false;
}

void Broker::kill() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.kill();
  m_process.waitForFinished(patience);
}

void Broker::freeze() {
  if (m_process.processId() > 0) ::kill(static_cast<pid_t>(m_process.processId()), SIGSTOP);
}

void Broker::thaw() {
  if (m_process.processId() > 0) ::kill(static_cast<pid_t>(m_process.processId()), SIGCONT);
}

QString Broker::url(const QString &host) const {
  return QStringLiteral("%1://%2:%3").arg(m_isTls ? QStringLiteral("mqtts") : QStringLiteral("mqtt"), host).arg(m_port);
}

}  // namespace tagwire::mqtt
