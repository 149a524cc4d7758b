// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "link.h"

namespace tagwire::cluster {

/// Takes messages out of the stream by a pull consumer. Thread-bound, in a thread that may block.
class StreamReader {
 public:
  struct Place {
    quint64 sequence = 0;  ///< in the stream
    quint64 consumer = 0;  ///< in the order of delivery
    qint64 pending = 0;    ///< behind it
  };

  /// The consumer that all of one name share: each message goes to one of them, until somebody acknowledges it.
  static Result<StreamReader> shared(const Link &link, const ClusterConfig &config, const char *name);
  /// One of our own: everything from `sequence` on, or when that is 0 from this time on, without acknowledgement.
  static Result<StreamReader> own(const Link &link, const ClusterConfig &config, quint64 sequence, Time time);

  /// Up to `most` messages; none when none came in time. Errors: the consumer is gone, or nobody answers.
  Result<std::vector<Message>> fetch(int most, std::chrono::milliseconds longest);
  static Place placeOf(natsMsg *message);

 private:
  natsStatus findConsumer(jsErrCode *code) const;

  jsCtx *m_stream = nullptr;
  QByteArray m_streamName;
  QByteArray m_consumer;  ///< that others share; empty: our own
  Subscription m_subscription;
  int m_emptyFetches = 0;
};

}  // namespace tagwire::cluster
