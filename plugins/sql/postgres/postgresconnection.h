// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArrayList>

#include <atomic>
#include <memory>

#include "network/descriptor.h"
#include "postgresresult.h"
#include "postgressettings.h"
#include "store/historystore.h"

namespace tagwire::sql {

/// A connection to PostgreSQL that no server can hold up: libpq without blocking, every wait with an end (docs/
/// decisions/0022-postgresql.md). What is an Outage closes it. Thread-bound but for interrupt().
class PostgresConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  PostgresConnection();
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection &) = delete;
  PostgresConnection &operator=(const PostgresConnection &) = delete;

  /// Connects and sets up the session; the schema is on the search path, whether it is there or not.
  StoreResult<void> open(const PostgresSettings &settings);
  void close();
  bool isOpen() const { return m_handle != nullptr; }
  /// For the calls that follow: they end at `deadline`, or soon when `mustStop` (may be null) says so.
  void setBounds(Deadline deadline, std::shared_ptr<const std::atomic_bool> mustStop);

  /// Statements without parameters and results.
  StoreResult<void> execute(const QByteArray &sql);
  /// One statement; the result in binary form.
  StoreResult<PostgresResult> query(const QByteArray &sql, const PostgresParameters &parameters = {});
  /// `sql` is a COPY … FROM STDIN (FORMAT binary).
  StoreResult<void> copyIn(const QByteArray &sql, const CopyRows &rows);
  /// `name` as SQL takes it.
  QByteArray quoted(const QString &name) const;

  /// From any thread: the call under way, or else the next one, comes back soon with an error.
  void interrupt();

 private:
  StoreResult<void> connect();
  StoreResult<void> setUpSession();
  StoreResult<void> finishSending();
  StoreResult<PostgresResult> takeResult();
  StoreResult<PostgresResult> takeOne();
  StoreResult<void> sendRows(const CopyRows &rows);
  StoreResult<QByteArrayList> addressesOf(const QString &host, Deadline deadline);
  StoreResult<void> wait(int descriptor, short events, Deadline deadline);
  Deadline nextDeadline() const;
  tl::unexpected<StoreError> outage(const QString &text);
  tl::unexpected<StoreError> lost();
  tl::unexpected<StoreError> errorOf(const PostgresResult &result);

  PostgresSettings m_settings;
  pg_conn *m_handle = nullptr;
  Descriptor m_wake;
  Deadline m_deadline = Deadline::max();
  std::shared_ptr<const std::atomic_bool> m_mustStop;
};

/// What an SQLSTATE means for the work, and what a person can do about it (may be empty).
StoreError::Kind kindOfState(const QByteArray &state, bool namesConstraint);
QString adviceFor(const QByteArray &state);

}  // namespace tagwire::sql
