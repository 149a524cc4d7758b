// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "backoff.h"
#include "batch.h"
#include "context.h"
#include "streamreader.h"

namespace tagwire::cluster {

/// The site and node that a message is of, as its subject says.
struct Sender {
  QString site;
  QString node;
  friend bool operator==(const Sender &, const Sender &) = default;
};
inline size_t qHash(const Sender &sender, size_t seed = 0) { return qHashMulti(seed, sender.site, sender.node); }
/// Of "tw.<site>.<kind>.<node>" and "$KV.<bucket>.<site>.<node>.<page>". Nothing for other subjects.
std::optional<Sender> senderOf(const QByteArray &subject);

/// The batch of a message of the stream. Its origin is bound to its sender: nobody takes keys that are another's.
std::optional<std::pair<Sender, Batch>> batchOf(const natsMsg *message);

/// What reads the stream, in a thread of its own. Ends with the object, within some seconds.
class Feed {
 public:
  using Tell = std::function<void(const QString &trouble)>;
  virtual ~Feed() = default;
  Feed(const Feed &) = delete;
  Feed &operator=(const Feed &) = delete;

 protected:
  Feed(const ClusterConfig &config, const char *purpose, Tell tell)
      : m_config(config),
        m_purpose(purpose),
        m_tell(std::move(tell)),
        m_backoff(std::chrono::milliseconds(250), std::chrono::seconds(10)) {}
  /// At the end of the constructor, and at the beginning of the destructor.
  void begin() {
    m_thread = std::thread([this] { run(); });
  }
  void end();

  /// Reads until the first error, or until mustStop().
  virtual Result<void> read(const Link &link) = 0;
  virtual bool needsStreams() const { return true; }
  bool mustStop() const { return m_mustStop; }
  /// Waits until `isDone`, called under the lock, or until the end or the time is over; whether it is done.
  template <class Test>
  bool waitUntil(std::chrono::milliseconds longest, Test isDone) {
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, longest, [&] { return m_mustStop || isDone(); });
    return isDone();
  }
  /// Does it under the lock, and wakes the thread.
  template <class Change>
  void change(Change change) {
    {
      const std::lock_guard lock(m_mutex);
      change();
    }
    m_changed.notify_all();
  }
  /// An empty `trouble` becomes what the server has refused, if it has.
  void say(const QString &trouble);

  const ClusterConfig m_config;

 private:
  void run();

  const char *m_purpose;
  const Link *m_link = nullptr;  ///< in the thread only
  const Tell m_tell;
  Backoff m_backoff;
  QString m_trouble;
  bool m_hasTold = false;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::atomic_bool m_mustStop = false;
  std::thread m_thread;
};

/// Batches that the hubs of a cluster share, to be stored once: each is acknowledged when it is stored.
class HistoryFeed : public Feed {
 public:
  using Done = std::function<void(const Result<int> &stored)>;
  /// Called in the feed's thread with what was fetched; the next only after `done`, which may come from any thread, or
  /// after a time.
  using Store = std::function<void(std::shared_ptr<const std::vector<Batch>> batches, Done done)>;

  HistoryFeed(const ClusterConfig &config, Store store, Tell tell);
  ~HistoryFeed() override { end(); }
  qint64 stored() const { return m_stored; }
  qint64 unreadable() const { return m_unreadable; }

 private:
  /// What `done` answers may come long after we are gone.
  struct Outcome {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<int>> result;
  };
  Result<void> read(const Link &link) override;
  Result<void> handOver(std::vector<Message> messages);

  const Store m_store;
  std::atomic<qint64> m_stored = 0;
  std::atomic<qint64> m_unreadable = 0;
};

/// All that the stream has, for the points and events of here, after the bucket of last values.
class LiveFeed : public Feed {
 public:
  struct Take {
    std::function<void(const Sender &, Page)> page;
    /// With its place in the stream; `isOfLeaf`: a leaf node's server has let it in, not one that hubs share.
    std::function<void(const Sender &, Batch, quint64 position, bool isOfLeaf)> batch;
  };
  static constexpr int mostWaiting = 64;  ///< handed over and not done() yet

  /// `take` is called in the feed's thread; each call wants one done().
  LiveFeed(const ClusterConfig &config, const Clock &clock, Take take, Tell tell);
  ~LiveFeed() override { end(); }
  /// What was handed over is taken. From any thread.
  void done() {
    change([this] { --m_waiting; });
  }
  /// Reads the pages of this node again. From any thread.
  void refresh(const Sender &sender) {
    change([&] { m_refresh.append(sender); });
  }
  /// It has come to the end of the stream once, and all until there is done().
  bool isAllHandedOver() {
    bool isDone = false;
    change([&] { isDone = m_isCaughtUp && m_waiting == 0; });
    return isDone;
  }

 private:
  Result<void> read(const Link &link) override;
  Result<void> readPages(const Link &link, const QByteArray &keys);
  Result<void> readStream(const Link &link);
  Result<bool> takeMessages(const std::vector<Message> &messages);
  bool waitForRoom();

  const Clock &m_clock;
  const Take m_take;
  int m_waiting = 0;
  QList<Sender> m_refresh;
  quint64 m_sequence = 0;  ///< of the last message taken
  quint64 m_consumer = 0;  ///< its place in the consumer's order
  std::atomic_bool m_isCaughtUp = false;
};

}  // namespace tagwire::cluster
