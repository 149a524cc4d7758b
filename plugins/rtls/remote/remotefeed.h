// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QSet>
#include <QStringList>

#include <deque>
#include <vector>

#include "moment.h"
#include "remote/remotemessage.h"
#include "remote/staticnames.h"
#include "silencelist.h"

namespace tagwire::rtls {

/// What one other site tells, made into events and samples of ours: names added, repetitions and what nobody asked for
/// left out, silent tags found. No clock or I/O. Plain class.
class RemoteFeed {
 public:
  enum class Drop { NotAsked, Repeated, Relayed };
  template <class T>
  using Taken = tl::expected<T, Drop>;

  struct Subscription {
    QString origin;  ///< names the site in what comes of it
    int zone = 0;    ///< 0: every zone
    QStringList tags;
    std::vector<PointId> positions;       ///< of the tags, in their order; empty: no positions are asked for
    std::chrono::nanoseconds timeout{0};  ///< a tag without a new position for so long is lost
  };

  explicit RemoteFeed(Subscription subscription);

  void setNames(const StaticNames &names) { m_names = names; }
  /// A new connection: what the one before brought is not taken again.
  void begin();
  /// The stream of the new connection is there. What came since the time returned may have been missed; nothing when it
  /// is the first stream.
  std::optional<Time> resume(Time now);
  /// What was missed is here now. Until then every resume() says the same time, whatever the stream brought since.
  void caughtUp() { m_owed.reset(); }
  Taken<Event> take(const RemoteEvent &remote, const Moment &moment);
  /// What the other site remembers: taken when it came at `since` or later and was not taken yet, over the stream
  /// neither.
  Taken<Event> takeMissed(const RemoteEvent &remote, Time since, Time now);
  Taken<Sample> take(const IncomingFix &incoming, const Moment &moment);
  /// Tags that were silent for too long.
  Samples advance(const Moment &moment);
  /// When advance() is due next, on Moment::elapsed.
  std::chrono::nanoseconds nextDeadline() const;
  /// The connection is gone: no position is to be trusted.
  Samples disconnect(Time time);

 private:
  struct Tag {
    PointId point = PointId::None;
    Position position;
    Moment last;  ///< when its last fix came, with its source time
  };
  /// Enough to know an event again.
  struct Key {
    int trigger = 0;
    QString direction;
    QString tag;
    Time time;
    friend bool operator==(const Key &, const Key &) = default;
    friend size_t qHash(const Key &key, size_t seed = 0) {
      return qHashMulti(seed, key.trigger, key.direction, key.tag, toMilliseconds(key.time));
    }
  };
  void addNames(TriggerEvent &event) const;
  int zoneOf(const Fix &fix) const;
  Event made(const RemoteEvent &remote, Time time) const;
  static Key keyOf(const RemoteEvent &remote);
  void remember(const Key &key, Time now);
  Time missedSince() const;
  bool isWithinSubscription(const RemoteEvent &remote) const;
  Sample forget(QualityReason reason, Time time);

  Subscription m_subscription;
  QHash<QString, int> m_tagNumbers;
  std::vector<Tag> m_tags;
  SilenceList m_silence;
  StaticNames m_names;
  std::deque<Key> m_newest;     ///< events taken, the newest last
  QSet<Key> m_earlier;          ///< those that earlier connections brought, or the other site's memory
  std::optional<Time> m_began;  ///< the first stream
  std::optional<Time> m_seen;   ///< the newest event
  std::optional<Time> m_owed;   ///< what came since then may have been missed
};

}  // namespace tagwire::rtls
