// SPDX-License-Identifier: Apache-2.0
#include "sqlconfig.h"

#include <QDir>

#include "topicfilter.h"

namespace tagwire::sql {

Result<DatabaseLocation> DatabaseLocation::fromText(const QString &text) {
  // Only the scheme is repeated in errors: the rest may hold a password.
  const QString scheme = text.section(u':', 0, 0);
  if (scheme == u"postgresql" || scheme == u"postgres") {
    return failure(QStringLiteral("PostgreSQL is not there yet (allowed: sqlite:<file>)"));
  }
  if (scheme != u"sqlite" || scheme.size() == text.size()) {
    return failure(QStringLiteral("not a database (allowed: sqlite:<file>)"));
  }
  const QString given = text.sliced(scheme.size() + 1);
  if (given.isEmpty() || given == u":memory:" || given.contains(QChar(u'\0'))) {
    return failure(QStringLiteral("no file is named (allowed: sqlite:<file>)"));
  }
  DatabaseLocation location;
  location.m_path = QDir::cleanPath(given);
  if (given.endsWith(u'/') || location.m_path == u".") {
    return failure(QStringLiteral("\"%1\" is a folder (allowed: sqlite:<file>)").arg(given));
  }
  if (location.m_path == u".." || location.m_path.startsWith(u"../")) {
    return failure(QStringLiteral("\"%1\" leaves data_dir (allowed: a path inside it, or an absolute one)").arg(given));
  }
  return location;
}

QString DatabaseLocation::pathIn(const QString &dataDir) const {
  return QDir::cleanPath(QDir(dataDir).absoluteFilePath(m_path));
}

void SqlConfig::describe(Shape<SqlConfig> &shape) {
  shape.required("database", &SqlConfig::database,
                 "the file that holds the history; made when it is not there. An absolute path is allowed");
  shape.optional("points", &SqlConfig::points, "only points that match one of these: `*` one level, `#` the rest")
      .range(1, 10'000)
      .orSingle()
      .check(&TopicFilter::problemWith);
  shape.optional("batch_size", &SqlConfig::batchSize, "samples in one transaction").range(1, 100'000);
  shape.optional("batch_interval_ms", &SqlConfig::batchInterval, "a smaller batch is written after this time")
      .range(10, 60'000);
  shape
      .optional("buffer_samples", &SqlConfig::bufferSamples,
                "samples kept in memory while the database can't be written; then the oldest are dropped")
      .range(10'000, 10'000'000);
  shape.optional("buffer_events", &SqlConfig::bufferEvents, "the same for events").range(100, 1'000'000);
}

}  // namespace tagwire::sql
