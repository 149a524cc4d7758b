// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "../export.h"
#include "../spool/record.h"
#include "../spool/storedevent.h"
#include "service.h"

namespace tagwire {

/// Records of one range of one spool of another node. Samples name their points by the place in `points`, from 1.
struct HistoryBatch {
  QString origin;  ///< id of the spool
  spool::SpoolRange range;
  std::vector<spool::StoredPoint> points;
  std::vector<spool::StoredSample> samples;  ///< with their sequences, which are in the range
  std::vector<spool::StoredEvent> events;
};
using HistoryBatches = std::vector<HistoryBatch>;

/// Stores what other nodes have accepted. Offered by plugin `sql`.
class TAGWIRE_EXPORT HistoryWriter {
 public:
  static constexpr const char *serviceName = "history writer";
  virtual ~HistoryWriter();

  /// `from`: the instance that asks. Stores it together with its keys (origin, boot, stream, sequence): what is there
  /// already, from whomever, is left out, and a record that the database refuses for its content is set aside. Says how
  /// many records were new. After an error the same is to be tried again, some of it may be stored; after none it is in
  /// the database for good.
  virtual void storeBatches(Reply<int> reply, QString from, std::shared_ptr<const HistoryBatches> batches) = 0;
};

}  // namespace tagwire
