// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include "postgres/postgressettings.h"

namespace tagwire::sql {

/// A real PostgreSQL server of a test's own, in a temporary folder, on a private socket and a free port of loopback,
/// where a password is needed. Never as root. It ends with the object, by its process id.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer &) = delete;
  PostgresServer &operator=(const PostgresServer &) = delete;

  /// Makes the files at the first time. False: it does not run; errorText() says why.
  bool start();
  /// Waits until it is gone. "fast": rolls back what is open.
  void stop();
  /// Like a loss of power.
  void kill();
  void freeze();
  void thaw();
  bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
  QString errorText() const { return m_error; }

  /// Of all its processes so far, those that have ended included.
  double cpuSeconds() const;

  QString socketFolder() const { return m_folder.filePath(QStringLiteral("socket")); }
  int port() const { return m_port; }
  /// By the socket, as the superuser unless another is named.
  PostgresSettings settings(const QString &user = QStringLiteral("postgres")) const;

  /// One string for each row, columns separated by '|', NULL as "NULL"; of several statements, the last one's. An error
  /// gives one row with its text.
  QStringList rows(const QString &sql, const QString &user = QStringLiteral("postgres")) const;
  QString one(const QString &sql, const QString &user = QStringLiteral("postgres")) const {
    return rows(sql, user).join(u'\n');
  }

 private:
  bool makeFiles();
  bool run(QProcess &process, const QString &program, const QStringList &arguments) const;
  QList<int> children() const;
  void signalAll(int number);

  QTemporaryDir m_folder;
  QString m_programs;
  QString m_error;
  int m_port = 0;
  bool m_isMade = false;
  QProcess m_process;
};

}  // namespace tagwire::sql
