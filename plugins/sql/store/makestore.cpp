// SPDX-License-Identifier: Apache-2.0
#include "store/makestore.h"

#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"

namespace tagwire::sql {

namespace {

// Short: what waits is in the spool, and an outage is soon over.
constexpr std::chrono::milliseconds fileLockPatience{2000};

PostgresSettings postgresSettings(const SqlConfig &config) {
  PostgresSettings settings;
  settings.location = *config.database.postgres();
  settings.password = config.password.again().value_or(config.password).reveal();
  if (config.statementTimeout) settings.statementTimeout = *config.statementTimeout;
  return settings;
}

}  // namespace

std::unique_ptr<HistoryStore> makeStore(const SqlConfig &config, const QString &dataDir) {
  if (config.database.postgres()) return std::make_unique<PostgresStore>(postgresSettings(config));
  return std::make_unique<SqliteStore>(config.database.pathIn(dataDir), fileLockPatience);
}

std::unique_ptr<StoreReader> makeReader(const SqlConfig &config, const QString &dataDir) {
  if (config.database.postgres()) return std::make_unique<PostgresReader>(postgresSettings(config));
  return std::make_unique<SqliteReader>(config.database.pathIn(dataDir), fileLockPatience);
}

}  // namespace tagwire::sql
