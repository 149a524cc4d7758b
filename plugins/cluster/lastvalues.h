// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch.h"
#include "context.h"

namespace tagwire::cluster {

/// The points of this node and their last values, dealt out to pages for the bucket. Thread-bound to the publisher's
/// thread.
class LastValues {
 public:
  static constexpr size_t pageSize = 256;

  /// `point` and what it is now; a description that changed makes its page due, too.
  void take(const Sample &sample, const std::shared_ptr<const Point> &point);
  /// Pages that changed since they were put, and are not under way.
  std::vector<int> due() const;
  /// The page as it is now; it is under way from here on.
  QByteArray begin(int page);
  /// It is in the bucket, or (`isPut` false) has to be put again.
  void ended(int page, bool isPut);
  /// All are due: the bucket may be another.
  void forget();
  bool hasNew() const { return m_hasNew; }

 private:
  struct Slot {
    std::shared_ptr<const Point> point;
    Sample last;
  };
  struct PageState {
    bool isDue = false;
    bool isUnderWay = false;
  };
  QHash<PointId, size_t> m_bySample;
  std::vector<Slot> m_slots;
  std::vector<PageState> m_pages;
  bool m_hasNew = false;  ///< a page has a point that was never put
};

}  // namespace tagwire::cluster
