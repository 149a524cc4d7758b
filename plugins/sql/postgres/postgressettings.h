// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <chrono>

#include "result.h"

namespace tagwire::sql {

/// Where a PostgreSQL database is; without any secret.
struct PostgresLocation {
  QString host = QStringLiteral("localhost");  ///< name, address, or the folder of a Unix socket
  int port = 5432;
  QString database;
  QString user;                                ///< empty: that of the operating system
  QString schema = QStringLiteral("public");   ///< made when it is not there
  QString sslMode = QStringLiteral("prefer");  ///< as libpq names them
  QString sslRootCertificate;                  ///< file; empty: libpq's default

  /// "user@host:5432/database", for people.
  QString toText() const;
  friend bool operator==(const PostgresLocation &, const PostgresLocation &) = default;
};

/// `postgresql://user@host:5432/database?sslmode=verify-full&sslrootcert=/file&schema=name`, a Unix socket as
/// `postgresql://user@%2Ffolder/database` or `…/database?host=/folder`. Errors say what is wrong and what is allowed,
/// and never repeat a password.
Result<PostgresLocation> postgresLocation(const QString &url);

struct PostgresSettings {
  PostgresLocation location;
  QString password;  ///< goes to libpq and nowhere else
  std::chrono::milliseconds statementTimeout{10'000};
  std::chrono::milliseconds connectTimeout{5'000};
};

}  // namespace tagwire::sql
