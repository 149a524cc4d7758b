// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <chrono>
#include <optional>

#include "result.h"
#include "timestamp.h"

namespace tagwire::sql {

enum class Aggregate { Average, Minimum, Maximum, Last, Count };

/// What `tagwire history export` is asked for.
struct ExportOptions {
  enum class Format { Csv, JsonLines };

  QString manifest;
  QString instance;
  QStringList points;  ///< full names, or patterns with * and #
  QStringList tags;
  bool isEvents = false;
  std::optional<Time> from;
  std::optional<Time> to;
  QList<Aggregate> aggregates;  ///< empty: the values themselves
  std::chrono::nanoseconds interval{0};
  Format format = Format::Csv;
  QString output;  ///< empty: stdout
  bool hasProgress = false;

  static constexpr const char *usage =
      "usage: tagwire history export MANIFEST [--instance ID] [--point NAME]… [--tag ID]… [--events] [--from TIME]\n"
      "       [--to TIME] [--aggregate avg,min,max,last,count --interval 1h] [--format csv|jsonl] [--output FILE]\n"
      "       [--progress]";
  /// Errors are of the command line, with what is allowed.
  static Result<ExportOptions> parse(const QStringList &arguments);
};

/// "avg" …
QLatin1String toText(Aggregate aggregate);
/// "500ms", "10s", "1m", "1min", "1h", "7d".
Result<std::chrono::nanoseconds> durationFromText(const QString &text);

}  // namespace tagwire::sql
