// SPDX-License-Identifier: Apache-2.0
// Cluster: what it counts.
#include "cluster.h"

namespace tagwire::cluster {

Cluster::Metering::Metering(Metrics &metrics)
    : accepted(
          metrics.counter("tagwire_cluster_accepted_total", "Records in the spool, those found at the start included")),
      delivered(metrics.counter("tagwire_cluster_delivered_total", "Of these, acknowledged by the stream")),
      lost(metrics.counter("tagwire_cluster_lost_total", "Of these, dropped for room, thinned out or damaged")),
      refused(metrics.counter("tagwire_cluster_refused_total", "Never accepted: neither disk nor memory had room")),
      messages(metrics.counter("tagwire_cluster_messages_total", "Messages acknowledged by the stream")),
      bytes(metrics.counter("tagwire_cluster_bytes_total", "Bytes of these")),
      repeats(
          metrics.counter("tagwire_cluster_repeats_total", "Messages sent once more, for none confirmed them in time")),
      duplicates(metrics.counter("tagwire_cluster_duplicates_total", "Of these, known to the stream already")),
      stored(metrics.counter("tagwire_cluster_stored_total", "Records of the stream that went into the history")),
      unreadable(metrics.counter("tagwire_cluster_unreadable_total", "Messages that are no batches of ours")),
      received(metrics.counter("tagwire_cluster_received_total", "Records of other nodes published here")),
      untold(metrics.counter("tagwire_cluster_alarms_untold_total",
                             "Alarms of a hub that nobody told: too many while the servers were away")),
      old(metrics.counter("tagwire_cluster_old_total",
                          "Records of other nodes not published here: older than what is known")),
      dropped(metrics.counter("tagwire_cluster_dropped_total",
                              "Messages between nodes that came faster than they could be taken")),
      waiting(metrics.gauge("tagwire_cluster_waiting", "Records in the spool that the stream has not acknowledged")) {}

void Cluster::Metering::show(const PublisherFigures &now) {
  accepted.add(static_cast<double>(std::max<qint64>(0, now.accepted - shown.accepted)));
  delivered.add(static_cast<double>(std::max<qint64>(0, now.delivered - shown.delivered)));
  lost.add(static_cast<double>(std::max<qint64>(0, now.lost - shown.lost)));
  refused.add(static_cast<double>(std::max<qint64>(0, now.refused - shown.refused)));
  messages.add(static_cast<double>(std::max<qint64>(0, now.messages - shown.messages)));
  bytes.add(static_cast<double>(std::max<qint64>(0, now.bytes - shown.bytes)));
  repeats.add(static_cast<double>(std::max<qint64>(0, now.repeats - shown.repeats)));
  duplicates.add(static_cast<double>(std::max<qint64>(0, now.duplicates - shown.duplicates)));
  waiting.set(static_cast<double>(now.waiting));
  shown = now;
}

}  // namespace tagwire::cluster
