// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "sqlite/runs.h"

namespace tagwire::sql {

/// Values of one point from all runs and from the newest rows as one series by time. A run is only looked into when the
/// series gets to it. Thread-bound; lives for one question.
class ValueMerge {
 public:
  struct Question {
    qint64 point = 0;
    ValueType type = ValueType::None;
    Time from;
    Time to;
    bool newestFirst = false;
  };

  ValueMerge(sqlite3 *database, RunDirectory &runs, const Question &question)
      : m_database(database), m_runs(runs), m_question(question) {}

  /// `newest`: by time; they must live as long as this.
  Result<void> begin(std::span<const HistoryValue> newest);
  /// Null: there are no more. Good until the next call.
  Result<const HistoryValue *> next();

 private:
  bool isFirst(Time a, Time b) const { return m_question.newestFirst ? a > b : a < b; }
  bool isDue(const Run &run) const;
  const HistoryValue *newestValue() const;
  Result<void> lookInto(const Run &run);
  Result<void> advance();
  void choose();

  sqlite3 *const m_database;
  RunDirectory &m_runs;
  const Question m_question;
  std::vector<Run> m_pending;                           ///< the next one last
  std::vector<std::unique_ptr<ChunkCursor>> m_cursors;  ///< in the order of their runs
  std::span<const HistoryValue> m_newest;               ///< what is left of them
  const HistoryValue *m_best = nullptr;
  std::optional<size_t> m_bestCursor;  ///< none: the best one is of the newest
};

}  // namespace tagwire::sql
