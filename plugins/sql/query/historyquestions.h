// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "query/cursor.h"

namespace tagwire::sql {

/// How long a question may take, and what ends it sooner.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  std::shared_ptr<const std::atomic_bool> mustStop = {};  ///< may be null
};

/// Answers the questions of the service HistoryReader from a store. Each one looks at one picture of the store and may
/// block up to the deadline. Errors are for people: the question is wrong, or the store is away. Thread-bound, like its
/// reader, which outlives it.
class HistoryQuestions {
 public:
  static constexpr int mostPointNames = 10'000;
  /// Buckets of all points of one trend.
  static constexpr int mostBucketsTogether = 200'000;
  /// A page is cut when its texts are longer together, in bytes.
  static constexpr qsizetype longestTexts = 8 * 1024 * 1024;

  explicit HistoryQuestions(StoreReader &reader);

  Result<HistoryPage> values(const HistoryQuery &query, const Patience &patience);
  Result<HistoryPage> trend(const HistoryTrendQuery &query, const Patience &patience);
  Result<HistoryPage> lastBefore(const QStringList &points, const QStringList &tags, Time time,
                                 const Patience &patience);
  Result<HistoryEventPage> events(const HistoryEventQuery &query, const Patience &patience);
  Result<QList<HistoryPoint>> storedPoints(const QString &after, int limit, const Patience &patience);

 private:
  struct Asked;

  Result<Asked> look(const QStringList &points, const QStringList &tags);
  Result<void> loadNewest(const QList<PointRow> &rows, qsizetype first = 0);
  Result<HistoryPage> readValues(const HistoryQuery &query, const std::optional<ReadingPlace> &after);
  Result<HistoryPage> readTrend(const HistoryTrendQuery &query, const class BucketGrid &grid,
                                std::chrono::steady_clock::time_point deadline);
  Result<HistoryEventPage> readEvents(const HistoryEventQuery &query, const std::optional<EventPlace> &after);
  /// Runs `read` between begin() and end().
  template <class Answer>
  Result<Answer> within(const Patience &patience, const std::function<Result<Answer>()> &read);

  StoreReader &m_reader;
};

}  // namespace tagwire::sql
