// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "postgresrecord.h"

namespace tagwire::sql {

/// Puts chunks of one point together by time; of the same time, by the order in which they were stored (newest first:
/// all the other way round). Chunks come by their first time (newest first: by their last). Reentrant.
class ChunkMerge {
 public:
  using Take = std::function<bool(const PostgresRecord &)>;

  explicit ChunkMerge(bool newestFirst) : m_newestFirst(newestFirst) {}

  /// `records` by time. `slice` is larger the later it was stored.
  void add(std::vector<PostgresRecord> records, qint64 slice);
  /// Gives what no chunk that begins at `next` (newest first: ends) can come before. False: `take` has enough.
  bool giveUpTo(Microseconds next, const Take &take);
  bool giveRest(const Take &take);

 private:
  struct Open {
    std::vector<PostgresRecord> records;
    qint64 slice = 0;
    size_t next = 0;
    const PostgresRecord &front() const { return records[next]; }
  };
  bool isLater(const Open &one, const Open &other) const;
  bool giveOne(const Take &take);

  bool m_newestFirst;
  std::vector<Open> m_open;  ///< a heap, what comes next on top
};

}  // namespace tagwire::sql
