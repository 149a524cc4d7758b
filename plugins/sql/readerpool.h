// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "query/historyquestions.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// Threads that answer questions to the store, each with a connection of its own, so that neither the sink nor the
/// drain waits for them. Thread-bound; owned by the SqlSink.
class ReaderPool {
 public:
  /// Runs in one of the threads.
  using Task = std::function<void(HistoryQuestions &questions, const Patience &patience)>;

  /// For one answer, from the moment of the question: whoever asked gives up soon after.
  static constexpr std::chrono::milliseconds longestWait{4500};
  static constexpr int mostWaiting = 32;

  /// `make` is called in each thread, when it is first needed.
  ReaderPool(std::function<std::unique_ptr<StoreReader>()> make, int threads);
  /// Ends what is under way; a thread that does not come back in a second is left behind.
  ~ReaderPool();
  ReaderPool(const ReaderPool &) = delete;
  ReaderPool &operator=(const ReaderPool &) = delete;

  /// False: too many wait already.
  bool run(Task task);

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared> &shared);

  const std::shared_ptr<Shared> m_shared;
  const int m_threads;
};

}  // namespace tagwire::sql
