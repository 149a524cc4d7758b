// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include "pathwalk.h"
#include "result.h"

namespace tagwire::rtls {

/// Positions that were recorded, from a CSV file with the columns `time_ms` (a number) or `time` (ISO 8601), `tag`,
/// `x`, `y` and, if there is one, `z`. Plays them in the order of their times. Plain class.
class Recording {
 public:
  static constexpr qint64 mostBytes = 16 * 1024 * 1024;

  /// Errors name line and column, and what is allowed.
  static Result<Recording> read(const QString &file);

  size_t size() const { return m_entries.size(); }
  bool isAtEnd() const { return m_next == m_entries.size(); }
  /// When the next one is due, from the first one on. Not at the end.
  std::chrono::nanoseconds nextAt() const { return m_entries[m_next].at; }
  /// Everything that is due by then, without time.
  QList<IncomingFix> take(std::chrono::nanoseconds until);

 private:
  struct Entry {
    std::chrono::nanoseconds at{0};
    size_t tag = 0;
    Waypoint place{};
  };

  std::vector<Entry> m_entries;
  std::vector<std::pair<QString, int>> m_tags;  ///< with the last sequence number
  size_t m_next = 0;
};

}  // namespace tagwire::rtls
