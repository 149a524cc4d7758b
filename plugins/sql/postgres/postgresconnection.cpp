// SPDX-License-Identifier: Apache-2.0
#include "postgresconnection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "hostlookup.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

// The server's own time-out comes first where the server still answers.
constexpr auto grace = 500ms;
constexpr auto betweenLooks = 50ms;

void ignoreNotice(void *, const PGresult *) {}

QString firstLine(const char *text) { return QString::fromUtf8(text).section(u'\n', 0, 0).trimmed(); }

}  // namespace

PostgresConnection::PostgresConnection() : m_wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

PostgresConnection::~PostgresConnection() { close(); }

StoreResult<void> PostgresConnection::open(const PostgresSettings &settings) {
  close();
  m_settings = settings;
  return connect().and_then([this] { return setUpSession(); });
}

// Without the shutdown PQfinish would still try to say good-bye to a server that may be frozen.
void PostgresConnection::close() {
  if (!m_handle) return;
  if (PQtransactionStatus(m_handle) != PQTRANS_IDLE && PQsocket(m_handle) >= 0) {
    ::shutdown(PQsocket(m_handle), SHUT_RDWR);
  }
  PQfinish(m_handle);
  m_handle = nullptr;
}

void PostgresConnection::setBounds(Deadline deadline, std::shared_ptr<const std::atomic_bool> mustStop) {
  m_deadline = deadline;
  m_mustStop = std::move(mustStop);
}

// libpq would look the name up by itself, for as long as that takes. It still needs it, for the certificate.
StoreResult<QByteArrayList> PostgresConnection::addressesOf(const QString &host, Deadline deadline) {
  if (!HostLookup::isNeeded(host)) return QByteArrayList();
  const auto lookup = HostLookup::begin(host);
  if (!lookup) return outage(lookup.error());
  if (const auto waited = wait(lookup->descriptor(), POLLIN, deadline); !waited) {
    return tl::unexpected(
        StoreError{waited.error().kind, waited.error().text + QStringLiteral(" (while its name was looked up)")});
  }
  const auto addresses = lookup->addresses();
  if (!addresses) return outage(addresses.error());
  return *addresses;
}

StoreResult<void> PostgresConnection::connect() {
  const PostgresLocation &at = m_settings.location;
  const Deadline deadline = std::min(m_deadline, std::chrono::steady_clock::now() + m_settings.connectTimeout);
  const auto addresses = addressesOf(at.host, deadline);
  if (!addresses) return tl::unexpected(addresses.error());
  // The name once for each address.
  const QByteArray hosts = QByteArrayList(std::max<qsizetype>(1, addresses->size()), at.host.toUtf8()).join(',');
  const QByteArray patience = QByteArray::number(static_cast<qint64>(m_settings.statementTimeout.count()));
  const std::pair<const char *, QByteArray> settings[] = {{"host", hosts},
                                                          {"hostaddr", addresses->join(',')},
                                                          {"port", QByteArray::number(at.port)},
                                                          {"dbname", at.database.toUtf8()},
                                                          {"user", at.user.toUtf8()},
                                                          {"password", m_settings.password.toUtf8()},
                                                          {"sslmode", at.sslMode.toUtf8()},
                                                          {"sslrootcert", at.sslRootCertificate.toUtf8()},
                                                          {"gssencmode", "disable"},
                                                          {"client_encoding", "UTF8"},
                                                          {"application_name", "tagwire"},
                                                          {"keepalives", "1"},
                                                          {"keepalives_idle", "10"},
                                                          {"keepalives_interval", "5"},
                                                          {"keepalives_count", "3"},
                                                          {"tcp_user_timeout", patience}};
  std::vector<const char *> keys, values;
  for (const auto &[key, value] : settings) {
    if (value.isEmpty()) continue;
    keys.push_back(key);
    values.push_back(value.constData());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  m_handle = PQconnectStartParams(keys.data(), values.data(), 0);
  if (!m_handle || PQstatus(m_handle) == CONNECTION_BAD) return lost();
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(m_handle)) {
    if (state == PGRES_POLLING_FAILED) return lost();
    const auto waited = wait(PQsocket(m_handle), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
    if (!waited) return waited;
  }
  PQsetnonblocking(m_handle, 1);
  PQsetNoticeReceiver(m_handle, ignoreNotice, nullptr);
  return {};
}

// Of the server's limits, those on the connection let go of a transaction (and its locks) whose client has vanished.
StoreResult<void> PostgresConnection::setUpSession() {
  const QByteArray patience = QByteArray::number(static_cast<qint64>(m_settings.statementTimeout.count()));
  QByteArray sql = "SET TimeZone TO 'UTC'; SET client_min_messages TO error; SET statement_timeout TO " + patience +
                   "; SET lock_timeout TO " + patience +
                   "; SET idle_in_transaction_session_timeout TO 30000;"
                   "SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3;";
  if (PQserverVersion(m_handle) < 130000) {
    return outage(QStringLiteral("the server is older than PostgreSQL 13, which is the oldest that does"));
  }
  sql += "SET tcp_user_timeout TO " + patience + "; SET search_path TO " + quoted(m_settings.location.schema) + ';';
  // A commit that a crash may take back would lose records: the spool lets go of them.
  sql += "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
  return execute(sql);
}

QByteArray PostgresConnection::quoted(const QString &name) const {
  return '"' + name.toUtf8().replace('"', "\"\"") + '"';
}

StoreResult<void> PostgresConnection::execute(const QByteArray &sql) {
  if (!m_handle) return lost();
  if (PQsendQuery(m_handle, sql.constData()) != 1) return lost();
  return finishSending().and_then([this] { return takeResult(); }).map([](const PostgresResult &) {});
}

StoreResult<PostgresResult> PostgresConnection::query(const QByteArray &sql, const PostgresParameters &parameters) {
  if (!m_handle) return lost();
  std::vector<const char *> values;
  std::vector<int> lengths, formats(static_cast<size_t>(parameters.count()), 1);
  for (const auto &value : parameters.values()) {
    values.push_back(value ? value->constData() : nullptr);
    lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  if (PQsendQueryParams(m_handle, sql.constData(), parameters.count(), parameters.types().data(), values.data(),
                        lengths.data(), formats.data(), 1) != 1) {
    return lost();
  }
  return finishSending().and_then([this] { return takeResult(); });
}

StoreResult<void> PostgresConnection::copyIn(const QByteArray &sql, const CopyRows &rows) {
  if (!m_handle) return lost();
  if (PQsendQuery(m_handle, sql.constData()) != 1) return lost();
  const auto begun = finishSending().and_then([this] { return takeOne(); });
  if (!begun) return tl::unexpected(begun.error());
  if (PQresultStatus(begun->handle()) != PGRES_COPY_IN) {
    const auto rest = takeResult();
    if (!rest) return tl::unexpected(rest.error());
    return errorOf(*begun);
  }
  return sendRows(rows).and_then([this] { return takeResult(); }).map([](const PostgresResult &) {});
}

StoreResult<void> PostgresConnection::sendRows(const CopyRows &rows) {
  constexpr qsizetype piece = 256 * 1024;
  const QByteArray &bytes = rows.bytes();
  for (qsizetype at = 0; at < bytes.size();) {
    const auto size = static_cast<int>(std::min(piece, bytes.size() - at));
    const int sent = PQputCopyData(m_handle, bytes.constData() + at, size);
    if (sent < 0) return lost();
    if (sent > 0) at += size;
    if (const auto flushed = finishSending(); !flushed) return flushed;
  }
  while (true) {
    const int ended = PQputCopyEnd(m_handle, nullptr);
    if (ended < 0) return lost();
    if (const auto flushed = finishSending(); !flushed) return flushed;
    if (ended > 0) return {};
  }
}

// Reads meanwhile, too: the server may not take in more before its answers are taken.
StoreResult<void> PostgresConnection::finishSending() {
  while (true) {
    const int left = PQflush(m_handle);
    if (left == 0) return {};
    if (left < 0) return lost();
    if (const auto waited = wait(PQsocket(m_handle), POLLIN | POLLOUT, nextDeadline()); !waited) return waited;
    if (PQconsumeInput(m_handle) != 1) return lost();
  }
}

StoreResult<PostgresResult> PostgresConnection::takeOne() {
  while (PQisBusy(m_handle)) {
    if (const auto waited = wait(PQsocket(m_handle), POLLIN, nextDeadline()); !waited)
      return tl::unexpected(waited.error());
    if (PQconsumeInput(m_handle) != 1) return lost();
  }
  return PostgresResult(PQgetResult(m_handle));
}

// The last result, or the first error.
StoreResult<PostgresResult> PostgresConnection::takeResult() {
  PostgresResult last, wrong;
  while (true) {
    auto next = takeOne();
    if (!next) return next;
    if (!next->handle()) break;
    const auto status = PQresultStatus(next->handle());
    const bool isFine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!isFine && !wrong.handle()) {
      wrong = std::move(*next);
    } else {
      last = std::move(*next);
    }
  }
  if (wrong.handle()) return errorOf(wrong);
  if (PQstatus(m_handle) == CONNECTION_BAD) return lost();
  return last;
}

PostgresConnection::Deadline PostgresConnection::nextDeadline() const {
  if (m_deadline != Deadline::max()) return m_deadline;
  return std::chrono::steady_clock::now() + m_settings.statementTimeout + grace;
}

StoreResult<void> PostgresConnection::wait(int descriptor, short events, Deadline deadline) {
  while (true) {
    if (m_mustStop && *m_mustStop) return outage(QStringLiteral("it was called off"));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= 0ms) return outage(QStringLiteral("no answer in time; the connection is given up"));
    std::array<pollfd, 2> looks{{{descriptor, events, 0}, {m_wake.number(), POLLIN, 0}}};
    const auto patience = m_mustStop ? std::min<std::chrono::milliseconds>(left, betweenLooks) : left;
    const int ready = ::poll(looks.data(), looks.size(), static_cast<int>(std::min<qint64>(patience.count(), 60'000)));
    if (ready < 0 && errno != EINTR) return outage(qt_error_string(errno));
    quint64 calls = 0;
    if (ready > 0 && looks[1].revents != 0 && ::read(m_wake.number(), &calls, sizeof calls) > 0) {
      return outage(QStringLiteral("it was interrupted"));
    }
    if (ready > 0 && looks[0].revents != 0) return {};
  }
}

void PostgresConnection::interrupt() {
  const quint64 one = 1;
  // It can only fail when it has been called already.
  [[maybe_unused]] const auto written = ::write(m_wake.number(), &one, sizeof one);
}

tl::unexpected<StoreError> PostgresConnection::outage(const QString &text) {
  close();
  return tl::unexpected(
      StoreError{StoreError::Kind::Outage, QStringLiteral("%1: %2").arg(m_settings.location.toText(), text)});
}

tl::unexpected<StoreError> PostgresConnection::lost() {
  const QString text = m_handle ? firstLine(PQerrorMessage(m_handle)) : QStringLiteral("not connected");
  return outage(text.isEmpty() ? QStringLiteral("the connection is lost") : text);
}

tl::unexpected<StoreError> PostgresConnection::errorOf(const PostgresResult &result) {
  const QByteArray state(PQresultErrorField(result.handle(), PG_DIAG_SQLSTATE));
  const bool namesConstraint = PQresultErrorField(result.handle(), PG_DIAG_CONSTRAINT_NAME) != nullptr;
  QString text = firstLine(PQresultErrorField(result.handle(), PG_DIAG_MESSAGE_PRIMARY));
  if (text.isEmpty()) text = firstLine(PQresultErrorMessage(result.handle()));
  if (!state.isEmpty()) text += QStringLiteral(" (SQLSTATE %1)").arg(QLatin1String(state));
  if (const QString advice = adviceFor(state); !advice.isEmpty()) text += QStringLiteral("; ") + advice;
  if (kindOfState(state, namesConstraint) == StoreError::Kind::Outage) return outage(text);
  return tl::unexpected(StoreError{StoreError::Kind::Refused, text});
}

// Class 22: values, 23: constraints, 54: too large, 44: check option of a view, P0001: a trigger's RAISE, 21000: more
// than one row. 23514 without a name is a row that no partition is there for, 23503 a row that somebody took away.
StoreError::Kind kindOfState(const QByteArray &state, bool namesConstraint) {
  if (state == "23514" && !namesConstraint) return StoreError::Kind::Outage;
  if (state == "23503" || state == "54001") return StoreError::Kind::Outage;
  for (const char *refused : {"22", "23", "44", "54", "P0001", "21000", "09000", "27000"}) {
    if (state.startsWith(refused)) return StoreError::Kind::Refused;
  }
  return StoreError::Kind::Outage;
}

QString adviceFor(const QByteArray &state) {
  if (state == "42501") return QStringLiteral("give the role this right, or make it the owner of the tables");
  if (state == "42P01" || state == "42703" || state == "3F000") {
    return QStringLiteral("it is made again at the next try, if the role may");
  }
  if (state == "25006") return QStringLiteral("is this a standby, or default_transaction_read_only set?");
  if (state == "53100") return QStringLiteral("make room on the server's disk");
  if (state == "53300") return QStringLiteral("raise max_connections or end other connections");
  if (state == "57014") return QStringLiteral("the server is too slow or something holds a lock");
  if (state == "55P03") return QStringLiteral("another connection holds a lock");
  return {};
}

}  // namespace tagwire::sql
