// SPDX-License-Identifier: Apache-2.0
#include "feed.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;

namespace {

constexpr auto fetchPatience = 200ms;
constexpr int fetchedForHistory = 64;
constexpr int fetchedLive = 32;
constexpr auto storePatience = 8s;
constexpr qint64 nakDelayMs = 1000;
constexpr qint64 watchPatienceMs = 3000;
// Longer than any node leaves a changed value out of the bucket, twice.
constexpr auto lookBack = 70s;

}  // namespace

std::optional<Sender> senderOf(const QByteArray &subject) {
  const QList<QByteArray> parts = subject.split('.');
  // A dot in a name would be a part of its own, so there is none.
  if (parts.size() == 4 && parts[0] == "tw") return Sender{QString::fromUtf8(parts[1]), QString::fromUtf8(parts[3])};
  if (parts.size() == 5 && parts[0] == "$KV") return Sender{QString::fromUtf8(parts[2]), QString::fromUtf8(parts[3])};
  return std::nullopt;
}

std::optional<std::pair<Sender, Batch>> batchOf(const natsMsg *message) {
  const auto sender = senderOf(natsMsg_GetSubject(message));
  auto batch = decodeBatch(dataOf(message));
  if (!sender || !batch) return std::nullopt;
  batch->origin = sender->site + u'/' + sender->node + u'/' + batch->origin;
  return std::pair(*sender, std::move(*batch));
}

void Feed::end() {
  {
    const std::lock_guard lock(m_mutex);
    m_mustStop = true;
  }
  m_changed.notify_all();
  if (m_thread.joinable()) m_thread.join();
}

void Feed::say(const QString &trouble) {
  const QString text = trouble.isEmpty() && m_link ? m_link->refusal() : trouble;
  if (std::exchange(m_hasTold, true) && text == m_trouble) return;
  m_trouble = text;
  m_tell(text);
}

void Feed::run() {
  std::unique_ptr<Link> link;
  while (!m_mustStop) {
    Result<void> done;
    if (link && link->isClosed()) {
      m_link = nullptr;
      link.reset();
    }
    if (link && !link->isConnected()) {  // it mends itself; asking it anything would only take time
      say(QStringLiteral("no connection to %1").arg(m_config.servers.join(QStringLiteral(", "))));
      waitUntil(100ms, [] { return false; });
      m_backoff.reset();
      continue;
    }
    if (!link) {
      auto opened = Link::open(m_config, m_purpose);
      if (opened) {
        link = std::move(*opened);
        m_link = link.get();
      } else {
        done = failure(opened.error());
      }
    }
    // Whoever else reads them may not make them.
    if (link && needsStreams() && m_config.has(Role::Hub)) done = provideStreams(*link, m_config.stream);
    if (link && done) done = read(*link);
    if (m_mustStop) break;
    if (link && !link->isConnected()) continue;
    if (!done) say(done.error());
    waitUntil(std::chrono::duration_cast<std::chrono::milliseconds>(m_backoff.next()), [] { return false; });
    if (done) m_backoff.reset();
  }
}

HistoryFeed::HistoryFeed(const ClusterConfig &config, Store store, Tell tell)
    : Feed(config, "history", std::move(tell)), m_store(std::move(store)) {
  begin();
}

Result<void> HistoryFeed::read(const Link &link) {
  auto reader = StreamReader::shared(link, m_config, "history");
  if (!reader) return failure(reader.error());
  say({});
  while (!mustStop() && link.isConnected()) {
    auto messages = reader->fetch(fetchedForHistory, fetchPatience);
    if (!messages) return failure(messages.error());
    if (messages->empty()) {
      say({});
      continue;
    }
    if (const auto stored = handOver(std::move(*messages)); !stored) {
      say(stored.error());
      waitUntil(1s, [] { return false; });
    } else {
      say({});
    }
  }
  return {};
}

Result<void> HistoryFeed::handOver(std::vector<Message> messages) {
  auto batches = std::make_shared<std::vector<Batch>>();
  for (Message &message : messages) {
    auto batch = batchOf(message.get());
    if (batch) {
      batches->push_back(std::move(batch->second));
    } else {  // it would come again for ever
      ++m_unreadable;
      natsMsg_Term(message.get(), nullptr);
      message.reset();
    }
  }
  const auto outcome = std::make_shared<Outcome>();
  m_store(batches, [outcome](const Result<int> &result) {
    const std::lock_guard lock(outcome->mutex);
    outcome->result = result;
    outcome->changed.notify_all();
  });
  Result<int> result = failure(QStringLiteral("the history did not answer"));
  {
    std::unique_lock lock(outcome->mutex);
    const auto deadline = std::chrono::steady_clock::now() + storePatience;
    while (!outcome->result && !mustStop() && std::chrono::steady_clock::now() < deadline) {
      outcome->changed.wait_for(lock, 200ms);
    }
    if (outcome->result) result = *outcome->result;
  }
  for (const Message &message : messages) {
    if (!message) continue;
    // An acknowledgement that is lost brings the batch again, and its key says that it is there.
    const natsStatus told =
        result ? natsMsg_Ack(message.get(), nullptr) : natsMsg_NakWithDelay(message.get(), nakDelayMs, nullptr);
    if (told != NATS_OK && result) return natsFailure("stored, but not acknowledged", told);
  }
  if (!result) return failure(result.error());
  m_stored += *result;
  return {};
}

LiveFeed::LiveFeed(const ClusterConfig &config, const Clock &clock, Take take, Tell tell)
    : Feed(config, "live", std::move(tell)), m_clock(clock), m_take(std::move(take)) {
  begin();
}

bool LiveFeed::waitForRoom() {
  while (!mustStop()) {
    if (waitUntil(1s, [this] { return m_waiting < mostWaiting; })) break;
  }
  change([this] { ++m_waiting; });
  return !mustStop();
}

Result<void> LiveFeed::read(const Link &link) {
  if (m_sequence == 0) {
    if (const auto pages = readPages(link, ">"); !pages) return pages;
  }
  return readStream(link);
}

Result<void> LiveFeed::readPages(const Link &link, const QByteArray &keys) {
  kvStore *rawStore = nullptr;
  const QByteArray bucket = lastValuesBucket(m_config.stream);
  natsStatus status = js_KeyValue(&rawStore, link.stream(), bucket.constData());
  const std::unique_ptr<kvStore, Destroyer<kvStore_Destroy>> store(rawStore);
  if (status != NATS_OK) return natsFailure("the bucket of last values can't be read", status);
  kvWatcher *rawWatcher = nullptr;
  kvWatchOptions options;
  kvWatchOptions_Init(&options);
  options.IgnoreDeletes = true;
  status = kvStore_Watch(&rawWatcher, rawStore, keys.constData(), &options);
  const KeyWatcher watcher(rawWatcher, EndWatcher{&link});
  if (status != NATS_OK) return natsFailure("the bucket of last values can't be read", status);
  while (!mustStop()) {
    kvEntry *rawEntry = nullptr;
    status = kvWatcher_Next(&rawEntry, rawWatcher, watchPatienceMs);
    const std::unique_ptr<kvEntry, Destroyer<kvEntry_Destroy>> entry(rawEntry);
    if (status != NATS_OK) return natsFailure("the bucket of last values can't be read", status);
    if (!entry) return {};  // that was all
    const QList<QByteArray> parts = QByteArray(kvEntry_Key(rawEntry)).split('.');
    auto page = decodePage(QByteArray(static_cast<const char *>(kvEntry_Value(rawEntry)), kvEntry_ValueLen(rawEntry)));
    if (parts.size() != 3 || !page || !waitForRoom()) continue;
    m_take.page({QString::fromUtf8(parts[0]), QString::fromUtf8(parts[1])}, std::move(*page));
  }
  return {};
}

Result<void> LiveFeed::readStream(const Link &link) {
  m_consumer = 0;
  auto reader = StreamReader::own(link, m_config, m_sequence > 0 ? m_sequence + 1 : 0, m_clock.now() - lookBack);
  if (!reader) return failure(reader.error());
  say({});
  while (!mustStop() && link.isConnected()) {
    QList<Sender> refresh;
    change([&] { refresh.swap(m_refresh); });
    for (const Sender &sender : std::as_const(refresh)) {
      const QString keys = sender.site + u'.' + sender.node + QStringLiteral(".>");
      if (const auto pages = readPages(link, keys.toUtf8()); !pages) return pages;
    }
    auto messages = reader->fetch(fetchedLive, fetchPatience);
    if (!messages) return failure(messages.error());
    say({});
    if (messages->empty()) m_isCaughtUp = true;
    const auto taken = takeMessages(*messages);
    if (!taken) return failure(taken.error());
    if (!*taken) return {};  // some were lost on the way: from there on once more
  }
  return {};
}

Result<bool> LiveFeed::takeMessages(const std::vector<Message> &messages) {
  for (const Message &message : messages) {
    const StreamReader::Place place = StreamReader::placeOf(message.get());
    if (place.consumer != m_consumer + 1) return false;
    m_consumer = place.consumer;
    m_sequence = place.sequence;
    auto batch = batchOf(message.get());
    if (batch && waitForRoom()) {
      const char *source = nullptr;
      const bool isOfLeaf = natsMsgHeader_Get(message.get(), "Nats-Stream-Source", &source) == NATS_OK;
      m_take.batch(batch->first, std::move(batch->second), place.sequence, isOfLeaf);
    }
    if (place.pending == 0) m_isCaughtUp = true;
  }
  return true;
}

}  // namespace tagwire::cluster
