// SPDX-License-Identifier: Apache-2.0
#include "postgresserver.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>

#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace tagwire::sql {

namespace {

constexpr int patience = 30'000;

// Of the highest version there is.
QString programsFolder() {
  const QDir versions(QStringLiteral("/usr/lib/postgresql"));
  QStringList names = versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
  std::sort(names.begin(), names.end(),
            [](const QString &one, const QString &other) { return one.toInt() > other.toInt(); });
  for (const QString &name : std::as_const(names)) {
    const QString folder = versions.filePath(name + QStringLiteral("/bin"));
    if (QFile::exists(folder + QStringLiteral("/initdb"))) return folder;
  }
  return {};
}

// The server refuses to run as root.
const passwd *serverUser() {
  if (::geteuid() != 0) return nullptr;
  const passwd *user = ::getpwnam("postgres");
  return user ? user : ::getpwnam("nobody");
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

bool write(const QString &path, const QByteArray &text) {
  QFile file(path);
  return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

}  // namespace

PostgresServer::PostgresServer()
    : m_folder(QDir::tempPath() + QStringLiteral("/tagwire-pg-XXXXXX")), m_programs(programsFolder()) {
  m_process.setProcessChannelMode(QProcess::MergedChannels);
}

PostgresServer::~PostgresServer() { kill(); }

bool PostgresServer::run(QProcess &process, const QString &program, const QStringList &arguments) const {
  const passwd *user = serverUser();
  process.setWorkingDirectory(m_folder.path());
  // A group of its own: the server's processes get a signal together.
  process.setChildProcessModifier([user] {
    ::setpgid(0, 0);
    if (user && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // not left behind by a test that is killed
  });
  process.start(m_programs + u'/' + program, arguments);
  return process.waitForStarted(patience);
}

bool PostgresServer::makeFiles() {
  if (m_isMade) return true;
  if (m_programs.isEmpty()) {
    m_error = QStringLiteral("no PostgreSQL in /usr/lib/postgresql: install postgresql-15");
    return false;
  }
  QDir(m_folder.path()).mkdir(QStringLiteral("socket"));
  if (const passwd *user = serverUser()) {
    for (const QString &path : {m_folder.path(), socketFolder()}) {
      if (::chown(QFile::encodeName(path).constData(), user->pw_uid, user->pw_gid) != 0)
        m_error = qt_error_string(errno);
    }
  }
  QProcess initdb;
  initdb.setProcessChannelMode(QProcess::MergedChannels);
  const QString data = m_folder.filePath(QStringLiteral("data"));
  const bool ok = run(initdb, QStringLiteral("initdb"),
                      {QStringLiteral("-D"), data, QStringLiteral("-U"), QStringLiteral("postgres"),
                       QStringLiteral("-A"), QStringLiteral("trust"), QStringLiteral("-E"), QStringLiteral("UTF8"),
                       QStringLiteral("--no-locale"), QStringLiteral("--no-sync")}) &&
                  initdb.waitForFinished(patience) && initdb.exitCode() == 0;
  if (!ok) {
    m_error = QString::fromUtf8(initdb.readAll()).right(500);
    return false;
  }
  m_port = freePort();
  const QByteArray settings = "listen_addresses = '127.0.0.1'\nport = " + QByteArray::number(m_port) +
                              "\nunix_socket_directories = '" + socketFolder().toUtf8() +
                              "'\nfsync = off\nfull_page_writes = off\nshared_buffers = 64MB\nmax_connections = 30\n";
  m_isMade =
      write(data + QStringLiteral("/postgresql.auto.conf"), settings) &&
      write(data + QStringLiteral("/pg_hba.conf"), "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
  return m_isMade;
}

// What it says goes to a file: backends would wait for whoever reads a pipe.
bool PostgresServer::start() {
  if (!makeFiles()) return false;
  const QString data = m_folder.filePath(QStringLiteral("data"));
  const QString log = m_folder.filePath(QStringLiteral("log"));
  m_process.setStandardOutputFile(log);
  if (!run(m_process, QStringLiteral("postgres"), {QStringLiteral("-D"), data})) return false;
  QElapsedTimer since;
  since.start();
  while (since.elapsed() < patience && !m_process.waitForFinished(20)) {
    QFile file(log);
    if (file.open(QIODevice::ReadOnly) && file.readAll().contains("ready to accept connections")) return true;
    if (!isRunning()) break;
  }
  QFile file(log);
  if (file.open(QIODevice::ReadOnly)) m_error = QString::fromUtf8(file.readAll()).right(500);
  return false;
}

void PostgresServer::stop() {
  if (!isRunning()) return;
  thaw();
  ::kill(static_cast<pid_t>(m_process.processId()), SIGINT);
  if (!m_process.waitForFinished(patience)) kill();
}

void PostgresServer::kill() {
  if (!isRunning()) return;
  signalAll(SIGKILL);
  m_process.waitForFinished(patience);
}

// Backends are in process groups of their own.
QList<int> PostgresServer::children() const {
  QList<int> children;
  QFile list(QStringLiteral("/proc/%1/task/%1/children").arg(m_process.processId()));
  if (!list.open(QIODevice::ReadOnly)) return children;
  for (const QByteArray &child : list.readAll().split(' ')) {
    if (const int pid = child.trimmed().toInt(); pid > 1) children << pid;
  }
  return children;
}

void PostgresServer::signalAll(int number) {
  const QList<int> others = children();
  ::kill(static_cast<pid_t>(m_process.processId()), number);
  for (const int pid : others) ::kill(pid, number);
}

double PostgresServer::cpuSeconds() const {
  // proc(5): utime, stime, and those of the children that were waited for, in ticks; the name may hold blanks.
  const auto ticksOf = [](qint64 pid, int fields) {
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly)) return 0.0;
    const QByteArray stat = file.readAll();
    const QByteArrayList words = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    double ticks = 0;
    for (int i = 0; i < fields; ++i) ticks += words.value(11 + i).toDouble();
    return ticks;
  };
  double ticks = ticksOf(m_process.processId(), 4);
  for (const int pid : children()) ticks += ticksOf(pid, 2);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void PostgresServer::freeze() { signalAll(SIGSTOP); }
void PostgresServer::thaw() { signalAll(SIGCONT); }

PostgresSettings PostgresServer::settings(const QString &user) const {
  PostgresSettings settings;
  settings.location.host = socketFolder();
  settings.location.port = m_port;
  settings.location.database = QStringLiteral("postgres");
  settings.location.user = user;
  return settings;
}

QStringList PostgresServer::rows(const QString &sql, const QString &user) const {
  const QString where = QStringLiteral("host=%1 port=%2 dbname=postgres user=%3 connect_timeout=20");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectdb(where.arg(socketFolder()).arg(m_port).arg(user).toUtf8().constData()), &PQfinish);
  PQsetNoticeReceiver(
      connection.get(), [](void *, const PGresult *) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.toUtf8().constData()),
                                                             &PQclear);
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    return {QString::fromUtf8(PQerrorMessage(connection.get())).trimmed()};
  QStringList rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    QStringList columns;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      columns << (PQgetisnull(result.get(), row, column) ? QStringLiteral("NULL")
                                                         : QString::fromUtf8(PQgetvalue(result.get(), row, column)));
    }
    rows << columns.join(u'|');
  }
  return rows;
}

}  // namespace tagwire::sql
