// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include "config.h"

namespace tagwire::sql {

/// Where the history goes: the key `database`.
class DatabaseLocation {
 public:
  static constexpr const char *form = "sqlite:<file>, relative to data_dir";

  /// Errors: not sqlite:<file>, or a relative path that leaves data_dir.
  static Result<DatabaseLocation> fromText(const QString &text);

  /// Absolute path of the file.
  QString pathIn(const QString &dataDir) const;

 private:
  QString m_path;
};

/// The plugin's configuration.
struct SqlConfig {
  DatabaseLocation database;
  QStringList points;
  int batchSize = 1000;
  std::chrono::milliseconds batchInterval{500};
  int bufferSamples = 500'000;
  int bufferEvents = 10'000;

  static void describe(Shape<SqlConfig> &shape);
};

}  // namespace tagwire::sql
