// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "keeprules.h"
#include "postgres/postgressettings.h"
#include "record.h"
#include "spool/spoolconfig.h"
#include "store/historystore.h"

namespace tagwire::sql {

/// Where the history goes: the key `database`.
class DatabaseLocation {
 public:
  static constexpr const char *form = "sqlite:<file>, relative to data_dir, or postgresql://user@host:port/name";
  static constexpr const char *formExpression = "^sqlite:.|^postgres(ql)?://";

  /// Errors: neither of the two, a relative path that leaves data_dir, a password in it.
  static Result<DatabaseLocation> fromText(const QString &text);

  /// Null when it is an SQLite file.
  const PostgresLocation *postgres() const { return m_postgres ? &*m_postgres : nullptr; }
  /// Absolute path of the SQLite file.
  QString pathIn(const QString &dataDir) const;

 private:
  QString m_path;
  std::optional<PostgresLocation> m_postgres;
};

/// What accepted means: relaxed survives a kill of the program, sync a power cut, too.
enum class Durability : quint8 { Relaxed, Sync };
constexpr auto enumWords(Durability) {
  return std::array{std::pair{"relaxed", Durability::Relaxed}, std::pair{"sync", Durability::Sync}};
}

/// The key `retention`: days, none is for ever.
struct RetentionConfig {
  std::optional<int> samples, positions, events, seconds, minutes, hours, days;

  static void describe(Shape<RetentionConfig> &shape);
  Retention retention() const;
};

/// The plugin's configuration.
struct SqlConfig {
  DatabaseLocation database;
  Secret password;
  QStringList points;
  QString fedBy;
  QList<KeepRule> rules;
  Durability durability = Durability::Relaxed;
  SpoolConfig spool;
  std::chrono::milliseconds batchInterval{500};
  RetentionConfig retention;
  std::optional<std::chrono::milliseconds> statementTimeout;

  static void describe(Shape<SqlConfig> &shape);
  /// What the shape can't say; errors go to the reader.
  void check(ConfigReader &reader) const;
  SpoolSettings spoolSettings(const QString &dataDir, const QString &id) const;
};

}  // namespace tagwire::sql
