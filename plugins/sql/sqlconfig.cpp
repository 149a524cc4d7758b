// SPDX-License-Identifier: Apache-2.0
#include "sqlconfig.h"

#include <QDir>

#include "topicfilter.h"

namespace tagwire::sql {

namespace {

/// A path below data_dir, or an absolute one. `allowed` is said in errors.
Result<QString> pathFrom(const QString &given, const QString &allowed) {
  const QString path = QDir::cleanPath(given);
  if (path == u".." || path.startsWith(u"../")) {
    return failure(QStringLiteral("\"%1\" leaves data_dir (allowed: a path inside it, or an absolute one)").arg(given));
  }
  if (given.isEmpty() || given.contains(QChar(u'\0'))) return failure(QStringLiteral("no %1 is named").arg(allowed));
  return path;
}

}  // namespace

Result<DatabaseLocation> DatabaseLocation::fromText(const QString &text) {
  // Only the scheme is repeated in errors: the rest may hold a password.
  const QString scheme = text.section(u':', 0, 0);
  DatabaseLocation location;
  if (scheme == u"postgresql" || scheme == u"postgres") {
    auto postgres = postgresLocation(text);
    if (!postgres) return failure(postgres.error());
    location.m_postgres = std::move(*postgres);
    return location;
  }
  if (scheme != u"sqlite" || scheme.size() == text.size()) {
    return failure(QStringLiteral("not a database (allowed: sqlite:<file>, postgresql://user@host:port/name)"));
  }
  const QString given = text.sliced(scheme.size() + 1);
  if (given.isEmpty() || given == u":memory:") {
    return failure(QStringLiteral("no file is named (allowed: sqlite:<file>)"));
  }
  const auto path = pathFrom(given, QStringLiteral("file"));
  if (!path) return failure(path.error());
  location.m_path = *path;
  if (given.endsWith(u'/') || location.m_path == u".") {
    return failure(QStringLiteral("\"%1\" is a folder (allowed: sqlite:<file>)").arg(given));
  }
  return location;
}

QString DatabaseLocation::pathIn(const QString &dataDir) const {
  return QDir::cleanPath(QDir(dataDir).absoluteFilePath(m_path));
}

void RetentionConfig::describe(Shape<RetentionConfig> &shape) {
  constexpr int mostDays = 36'500;
  const auto days = [&](const char *key, std::optional<int> RetentionConfig::*member, const char *help) {
    shape.optional(key, member, help).range(1, mostDays).example(400);
  };
  days("samples_days", &RetentionConfig::samples, "values of points are kept so many days; for ever if absent");
  days("positions_days", &RetentionConfig::positions, "positions of tags");
  days("events_days", &RetentionConfig::events, "events: alarms, triggers, commands …");
  days("rollups_1s_days", &RetentionConfig::seconds, "roll-ups of a second");
  days("rollups_1min_days", &RetentionConfig::minutes, "of a minute");
  days("rollups_1h_days", &RetentionConfig::hours, "of an hour");
  days("rollups_1d_days", &RetentionConfig::days, "of a day");
}

Retention RetentionConfig::retention() const {
  const auto hoursOf = [](std::optional<int> given) -> std::optional<std::chrono::hours> {
    if (!given) return {};
    return std::chrono::hours(24) * *given;
  };
  return {hoursOf(samples), hoursOf(positions), hoursOf(events), hoursOf(seconds),
          hoursOf(minutes), hoursOf(hours),     hoursOf(days)};
}

void SqlConfig::describe(Shape<SqlConfig> &shape) {
  shape
      .required("database", &SqlConfig::database,
                "the file that holds the history, made when it is not there (an absolute path is allowed), or a "
                "PostgreSQL database")
      .example("sqlite:history.db");
  shape.optional("password", &SqlConfig::password, "of the PostgreSQL user");
  shape.optional("points", &SqlConfig::points, "only points that match one of these: `*` one level, `#` the rest")
      .example("plc1/#")
      .range(1, 10'000)
      .orSingle()
      .check(&TopicFilter::problemWith);
  shape
      .optional("fed_by", &SqlConfig::fedBy,
                "id of a `cluster` instance: what its stream has is stored, and nothing of what comes by the bus")
      .example("cluster");
  shape
      .optional("rules", &SqlConfig::rules,
                "which values of which points are stored; the first that fits a point counts, without one all are")
      .range(1, 10'000);
  shape.optional("durability", &SqlConfig::durability,
                 "what is accepted survives a kill of the program (relaxed) or a power cut (sync)");
  shape.optional("spool", &SqlConfig::spool, "what waits on disk for the database");
  shape.optional("batch_interval_ms", &SqlConfig::batchInterval, "what comes in is written after this time at most")
      .range(10, 60'000);
  shape.optional("retention", &SqlConfig::retention, "how long each class is kept");
  shape
      .optional("statement_timeout_ms", &SqlConfig::statementTimeout,
                "PostgreSQL: a server that does not answer for so long is given up, and connected to again; 10000 if "
                "absent")
      .example(10000)
      .range(1000, 600'000);
}

void SqlConfig::check(ConfigReader &reader) const {
  if (!database.postgres() && !password.isEmpty()) {
    reader.error(QStringLiteral("password"), QStringLiteral("does nothing here (allowed with: postgresql://…)"));
  }
  if (!database.postgres() && statementTimeout) {
    reader.error(QStringLiteral("statement_timeout_ms"),
                 QStringLiteral("does nothing here (allowed with: postgresql://…)"));
  }
  for (qsizetype i = 0; i < rules.size(); ++i) rules[i].check(QStringLiteral("rules[%1]").arg(i), reader);
}

SpoolSettings SqlConfig::spoolSettings(const QString &dataDir, const QString &id) const {
  SpoolSettings settings = spool.settings(dataDir, id);
  settings.isSync = durability == Durability::Sync;
  return settings;
}

}  // namespace tagwire::sql
