// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <thread>

#include "backoff.h"
#include "clusterconfig.h"
#include "context.h"
#include "lastvalues.h"
#include "link.h"
#include "spool/spool.h"

namespace tagwire::cluster {

/// Figures of the way out. accepted = delivered + waiting + lost, at every moment.
struct PublisherFigures {
  qint64 accepted = 0;
  qint64 delivered = 0;
  qint64 waiting = 0;
  qint64 lost = 0;  ///< dropped for room, thinned out, or damaged
  qint64 refused = 0;
  qint64 messages = 0;    ///< acknowledged
  qint64 bytes = 0;       ///< of these
  qint64 repeats = 0;     ///< sent once more
  qint64 duplicates = 0;  ///< of which the stream knew already
  /// All of the first `confirmedGiven` given() are in the stream (or lost), at `newestPosition` or before.
  quint64 confirmedGiven = 0;
  quint64 newestPosition = 0;
};

/// Carries what is here into the stream, in a thread of its own: into the spool first, then in batches with a window of
/// those under way. One publish that is not acknowledged by its deadline is sent again with the same id. Thread-bound
/// to the instance's thread but for figures(); owned by the Cluster.
class Publisher {
 public:
  struct Tell {
    std::function<void()> taken;                        ///< what take() got is in the spool, or refused; once for each
    std::function<void(const QString &trouble)> state;  ///< empty: all is well
  };
  /// `tell` is called in the publisher's thread.
  Publisher(const ClusterConfig &config, PluginContext &context, Tell tell);
  /// Ends within some seconds; what is not delivered waits in the spool.
  ~Publisher();
  Publisher(const Publisher &) = delete;
  Publisher &operator=(const Publisher &) = delete;

  /// One batch at a time: the next after `taken`.
  void take(const Samples &samples);
  /// False: too many wait; it is counted.
  bool take(const spool::StoredEvent &event);
  PublisherFigures figures() const;
  /// How often take() was called.
  quint64 given() const;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr size_t mostUnderWay = 64;
  static constexpr qsizetype mostRecords = 1000;  ///< in a message
  static constexpr size_t mostHeldEvents = 10'000;
  static constexpr qsizetype longestMessage = 1'000'000;

  struct UnderWay {
    spool::SpoolRange range;
    int page = -1;  ///< not a batch but this page of last values
    QByteArray subject;
    QByteArray id;
    QByteArray payload;
    Moment due;  ///< sent again then
  };
  struct Ack {
    quint64 number = 0;
    QByteArray text;
    bool isNobody = false;
  };
  struct KnownPoint {
    std::shared_ptr<const Point> point;
    spool::PointKey key = 0;
    quint32 checkedIn = 0;
  };

  void run();
  void openSpool(Moment now);
  void openLink(Moment now);
  void closeLink(Moment now);
  void store(const Samples &samples, const std::deque<spool::StoredEvent> &events);
  const KnownPoint *known(PointId id);
  void confirm(quint64 stored);
  void settle(const std::deque<Ack> &acks, Moment now);
  void acknowledged(const UnderWay &message, quint64 position);
  void repeatOverdue(Moment now);
  void fillWindow(Moment now);
  bool sendNext(spool::Stream stream, Moment now);
  void sendPages(Moment now);
  QByteArray payloadOf(spool::SpoolBatch &batch) const;
  void send(UnderWay message, Moment now);
  void post(quint64 number, UnderWay &message, Moment now);
  void say(const QString &trouble);
  void showFigures();
  void takeAck(natsMsg *message);

  const ClusterConfig m_config;
  PluginContext &m_context;
  const Tell m_tell;
  const QByteArray m_site;
  const QByteArray m_node;

  mutable std::mutex m_mutex;  ///< for what follows, up to the thread
  std::condition_variable m_changed;
  std::optional<Samples> m_samples;
  std::deque<spool::StoredEvent> m_events;
  std::deque<Ack> m_acks;  ///< no more than are under way, and late ones of those
  PublisherFigures m_figures;
  qint64 m_refusedEvents = 0;
  quint64 m_given = 0;
  bool m_mustStop = false;

  // In the thread only.
  spool::Spool m_spool;
  bool m_isSpoolOpen = false;
  Backoff m_backoff;
  Moment m_retryAt;
  std::unique_ptr<Link> m_link;
  const QByteArray m_inbox;
  Listening m_acksComing;
  quint64 m_reconnects = 0;
  std::map<quint64, UnderWay> m_underWay;  ///< by number, which stands in the reply subject
  quint64 m_number;                        ///< begins anywhere: what comes late for an earlier run fits nothing
  /// The stream takes what it gets. Else one at a time, so that the order stays while some are refused and others not.
  bool m_isProven = false;
  std::array<quint64, 2> m_next{};  ///< by stream: where this boot goes on
  std::array<bool, 2> m_isOld{true, true};
  std::vector<KnownPoint> m_known;
  LastValues m_lastValues;
  Moment m_pagesAt;
  Moment m_flushAt;
  quint32 m_round = 1;
  Moment m_roundAt;
  /// What was given until a moment ends before these sequences; the next moment is taken when all of it is in the
  /// stream.
  struct Checkpoint {
    quint64 given = 0;
    std::array<quint64, 2> end{};
  };
  std::optional<Checkpoint> m_checkpoint;
  bool m_isCommitted = false;
  quint64 m_confirmedGiven = 0;
  quint64 m_newestPosition = 0;
  qint64 m_messages = 0, m_bytes = 0, m_repeats = 0, m_duplicates = 0;
  QString m_trouble;
  bool m_hasTold = false;
  bool m_isAway = false;  ///< the connection was lost, and that was told
  std::thread m_thread;
};

}  // namespace tagwire::cluster
