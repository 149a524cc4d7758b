// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "record.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// Takes out of a slice what need not be stored: what a store has already, and what stands in the slice twice. The same
/// is the same point, time and value. Thread-bound; what it is given outlives it.
class PresentRows {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Slice = std::vector<StoredSample>;

  /// `reader` may be null: then the store is empty. `points`: by their keys; it may grow.
  PresentRows(StoreReader *reader, const std::vector<StoredPointPointer> &points,
              std::shared_ptr<const std::atomic_bool> mustStop);

  /// Brings the slice into the order of points and times; says how many rows went out. Errors: the store can't be
  /// read; then none went.
  Result<qint64> leaveOut(Slice &slice, Deadline deadline);

 private:
  Result<void> find(const Slice &slice, std::vector<bool> &isPresent);
  Result<void> findOf(qint64 row, const Slice &slice, size_t first, size_t end, std::vector<bool> &isPresent);
  static void leaveOutRepeated(const Slice &slice, std::vector<bool> &isPresent);
  bool isStopped() const { return m_mustStop && m_mustStop->load(); }

  StoreReader *m_reader;
  const std::vector<StoredPointPointer> &m_points;
  const std::shared_ptr<const std::atomic_bool> m_mustStop;
};

}  // namespace tagwire::sql
