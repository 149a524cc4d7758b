// SPDX-License-Identifier: Apache-2.0
#include "publisher.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>

namespace tagwire::cluster {

using namespace std::chrono_literals;
using namespace tagwire::spool;

namespace {

constexpr auto refusedPause = 1s;
constexpr auto longestWait = 500ms;

StoredPoint storedPoint(const Point &point) {
  return {point.fullName, point.number, point.type, point.unit, point.description, point.tag};
}

QByteArray streamLetter(Stream stream) { return stream == Stream::Events ? "e" : "t"; }

}  // namespace

Publisher::Publisher(const ClusterConfig &config, PluginContext &context, Tell tell)
    : m_config(config),
      m_context(context),
      m_tell(std::move(tell)),
      m_site(subjectToken(context.site().name).toUtf8()),
      m_node(config.node.toUtf8()),
      m_spool(config.spool.settings(context.dataDir(), context.id())),
      m_backoff(250ms, 10s),
      m_inbox(inboxOf(config.node) + ".ack."),
      m_number(QRandomGenerator::system()->generate64() >> 1),
      m_thread([this] { run(); }) {}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(m_mutex);
    m_mustStop = true;
  }
  m_changed.notify_all();
  m_thread.join();
}

void Publisher::take(const Samples &samples) {
  {
    const std::lock_guard lock(m_mutex);
    ++m_given;
    m_samples = samples;
  }
  m_changed.notify_all();
}

bool Publisher::take(const StoredEvent &event) {
  {
    const std::lock_guard lock(m_mutex);
    ++m_given;
    if (m_events.size() >= mostHeldEvents) {
      ++m_refusedEvents;
      return false;
    }
    m_events.push_back(event);
  }
  m_changed.notify_all();
  return true;
}

void Publisher::run() {
  while (true) {
    std::optional<Samples> samples;
    std::deque<StoredEvent> events;
    std::deque<Ack> acks;
    bool mustStop = false;
    quint64 given = 0;
    {
      std::unique_lock lock(m_mutex);
      const auto isWoken = [this] {
        return m_mustStop || !m_acks.empty() || (m_isSpoolOpen && (m_samples || !m_events.empty()));
      };
      const auto now = std::chrono::steady_clock::now();
      auto until = now + longestWait;
      if (!m_link) until = std::clamp(m_retryAt, now + 10ms, until);
      if (m_link && m_figures.waiting > 0) until = std::clamp(m_flushAt, now, until);
      m_changed.wait_until(lock, until, isWoken);
      mustStop = m_mustStop;
      if (m_isSpoolOpen || mustStop) {
        samples.swap(m_samples);
        events.swap(m_events);
        given = m_given;
      }
      acks.swap(m_acks);
    }
    const auto now = std::chrono::steady_clock::now();
    if (!m_isSpoolOpen) openSpool(now);
    if (m_isSpoolOpen) store(samples.value_or(Samples()), events);
    if (samples && m_tell.taken) m_tell.taken();
    settle(acks, now);
    if (m_isSpoolOpen) confirm(given);
    showFigures();
    if (mustStop) break;
    if (m_link && m_link->isClosed()) closeLink(now);
    if (m_isSpoolOpen && !m_link) openLink(now);
    if (m_link && m_link->isConnected()) {
      if (std::exchange(m_isAway, false) || m_trouble.isEmpty()) say({});
      repeatOverdue(now);
      fillWindow(now);
    } else if (m_link) {
      m_isAway = true;
      say(QStringLiteral("no connection to %1").arg(m_config.servers.join(QStringLiteral(", "))));
    }
    if (m_flushAt <= now) m_flushAt = now + m_config.batchInterval;
  }
  closeLink({});
  if (m_isSpoolOpen && !m_spool.commit()) m_spool.giveUpPending();
}

void Publisher::openSpool(Moment now) {
  if (now < m_retryAt) return;
  const auto opened = m_spool.open();
  if (!opened) {
    m_retryAt = now + m_backoff.next();
    return say(opened.error());
  }
  m_isSpoolOpen = true;
  m_backoff.reset();
  m_retryAt = now;
}

void Publisher::openLink(Moment now) {
  if (now < m_retryAt) return;
  auto link = Link::open(m_config, "publish");
  if (!link) {
    m_retryAt = std::chrono::steady_clock::now() + m_backoff.next();
    return say(link.error());
  }
  // A leaf node has a stream of its own; else the hub makes it.
  if (m_config.has(Role::Hub) || m_config.stream.domain) {
    if (const auto provided = provideStreams(**link, m_config.stream); !provided) {
      m_retryAt = std::chrono::steady_clock::now() + m_backoff.next();
      return say(provided.error());
    }
  }
  auto acks = (*link)->listen(m_inbox + '*', [this](natsMsg *message) { takeAck(message); });
  if (!acks) return say(acks.error());
  m_link = std::move(*link);
  m_acksComing = std::move(*acks);
  m_reconnects = 0;
  m_backoff.reset();
  say({});
}

void Publisher::closeLink(Moment now) {
  m_acksComing.end();
  m_link.reset();
  m_retryAt = now + m_backoff.next();
  // Whatever comes for these comes to nobody: all of them once more, by the next link.
  for (auto &[number, message] : m_underWay) message.due = now;
}

void Publisher::takeAck(natsMsg *message) {
  const QByteArray subject(natsMsg_GetSubject(message));
  bool isNumber = false;
  const quint64 number = subject.mid(subject.lastIndexOf('.') + 1).toULongLong(&isNumber);
  if (!isNumber) return;
  {
    const std::lock_guard lock(m_mutex);
    if (m_acks.size() > 4 * mostUnderWay) return;  // it will be asked for once more
    m_acks.push_back({number, dataOf(message), natsMsg_IsNoResponders(message)});
  }
  m_changed.notify_all();
}

const Publisher::KnownPoint *Publisher::known(PointId id) {
  const auto index = static_cast<size_t>(id);
  if (index < m_known.size() && m_known[index].checkedIn == m_round) return &m_known[index];
  const auto point = m_context.points().point(id);
  if (!point) return nullptr;
  if (index >= m_known.size()) m_known.resize(index + 256);
  KnownPoint &entry = m_known[index];
  if (entry.point != point) entry = {point, m_spool.keyOf(storedPoint(*point)), m_round};
  entry.checkedIn = m_round;
  return &entry;
}

void Publisher::store(const Samples &samples, const std::deque<StoredEvent> &events) {
  const auto now = std::chrono::steady_clock::now();
  if (now >= m_roundAt) {
    ++m_round;
    m_roundAt = now + 1s;
  }
  const Time received = m_context.clock().now();
  for (const Sample &sample : samples) {
    const KnownPoint *point = known(sample.point);
    if (!point) continue;
    m_spool.add({0, point->key, sample.quality, false, sample.time, received, sample.value});
    m_lastValues.take(sample, point->point);
  }
  for (const StoredEvent &event : events) m_spool.add(event);
  const auto committed = m_spool.commit();
  m_isCommitted = committed.has_value();
  if (!committed) say(committed.error());
  m_spool.takeLosses();  // they show in the figures
}

void Publisher::settle(const std::deque<Ack> &acks, Moment now) {
  for (const Ack &ack : acks) {
    const auto found = m_underWay.find(ack.number);
    if (found == m_underWay.end()) continue;
    UnderWay &message = found->second;
    const QJsonObject json = QJsonDocument::fromJson(ack.text).object();
    const bool isStored = json.contains(QLatin1String("seq")) && !json.contains(QLatin1String("error"));
    if (!isStored) {
      // No stream yet, or it is full, or has no leader: the same once more, after a pause.
      const QString reason =
          json.value(QLatin1String("error")).toObject().value(QLatin1String("description")).toString();
      say(ack.isNobody ? QStringLiteral("there is no stream yet (a hub makes it; servers need JetStream)")
                       : QStringLiteral("the stream refuses %1: %2").arg(QString::fromUtf8(message.subject), reason));
      message.due = now + refusedPause;
      m_isProven = false;
      continue;
    }
    acknowledged(message, static_cast<quint64>(json.value(QLatin1String("seq")).toInteger()));
    if (json.value(QLatin1String("duplicate")).toBool()) ++m_duplicates;
    m_underWay.erase(found);
    m_isProven = m_isProven || m_underWay.empty();
    if (!m_trouble.isEmpty()) say({});
  }
}

void Publisher::acknowledged(const UnderWay &message, quint64 position) {
  ++m_messages;
  m_bytes += message.payload.size();
  if (message.page >= 0) return m_lastValues.ended(message.page, true);
  m_newestPosition = std::max(m_newestPosition, position);
  m_spool.delivered(message.range);
}

void Publisher::repeatOverdue(Moment now) {
  // After a reconnect nobody knows what has arrived: all at once, in their order.
  const quint64 reconnects = m_link->reconnects();
  const bool isAgain = reconnects != std::exchange(m_reconnects, reconnects);
  std::vector<quint64> outdated;
  for (auto &[number, message] : m_underWay) {
    if (!isAgain && now < message.due) continue;
    if (message.page >= 0) {
      outdated.push_back(number);
      continue;
    }
    ++m_repeats;
    m_isProven = false;
    post(number, message, now);
  }
  for (const quint64 number : outdated) {
    m_lastValues.ended(m_underWay[number].page, false);
    m_underWay.erase(number);
  }
}

void Publisher::fillWindow(Moment now) {
  // Descriptions first: who gets a batch finds its points in the bucket.
  if (m_lastValues.hasNew() || now >= m_pagesAt) sendPages(now);
  const bool isFlushed = now >= m_flushAt;
  for (const Stream stream : {Stream::Events, Stream::Telemetry}) {
    while (m_underWay.size() < (m_isProven ? mostUnderWay : 1)) {
      const bool isPlenty = m_spool.figures(stream).waiting >= mostRecords;
      if (!isFlushed && !isPlenty && stream == Stream::Telemetry) break;
      if (!sendNext(stream, now)) break;
    }
  }
}

// What earlier boots left goes first, one after the other, in order; then this boot with a window.
bool Publisher::sendNext(Stream stream, Moment now) {
  const auto index = static_cast<size_t>(stream);
  const qsizetype most = stream == Stream::Events ? 1 : mostRecords;
  SpoolBatch batch;
  if (m_isOld[index]) {
    const auto isOfStream = [&](const auto &each) {
      return each.second.page < 0 && each.second.range.stream == stream;
    };
    if (std::any_of(m_underWay.begin(), m_underWay.end(), isOfStream)) return false;
    batch = m_spool.readOldest(stream, most);
    if (batch.range.isEmpty() || batch.range.boot == m_spool.boot()) {
      m_isOld[index] = false;
      batch = {};
    }
  }
  if (!m_isOld[index]) batch = m_spool.readFrom(stream, m_next[index], most);
  if (batch.range.isEmpty()) return false;
  if (batch.samples.empty() && batch.events.empty()) {  // all of it was lost
    m_spool.delivered(batch.range);
    if (batch.range.boot == m_spool.boot()) m_next[index] = batch.range.next;
    return true;
  }
  UnderWay message;
  message.payload = payloadOf(batch);
  message.range = batch.range;
  const QByteArray kind = stream == Stream::Events ? "events" : "samples";
  message.subject = "tw." + m_site + '.' + kind + '.' + m_node;
  message.id = m_spool.id().toUtf8() + '.' + QByteArray::number(batch.range.boot, 36) + '.' + streamLetter(stream) +
               '.' + QByteArray::number(batch.range.first) + '-' + QByteArray::number(batch.range.next);
  if (batch.range.boot == m_spool.boot()) m_next[index] = batch.range.next;
  send(std::move(message), now);
  return true;
}

/// Cuts the batch to what a message may hold.
QByteArray Publisher::payloadOf(SpoolBatch &batch) const {
  Batch out;
  while (true) {
    out = {};
    out.origin = m_spool.id();
    out.range = batch.range;
    out.sent = batch.samples.empty() ? batch.events.back().time : batch.samples.back().received;
    QHash<PointKey, PointKey> places;
    for (StoredSample sample : batch.samples) {
      PointKey &place = places[sample.point];
      if (place == 0) {
        const auto point = m_spool.point(sample.point);
        out.points.push_back(point ? *point : StoredPoint());
        place = static_cast<PointKey>(out.points.size());
      }
      sample.point = place;
      out.samples.push_back(std::move(sample));
    }
    out.events = batch.events;
    QByteArray payload = encode(out);
    if (payload.size() <= longestMessage || batch.samples.size() < 2) return payload;
    batch.samples.resize(batch.samples.size() / 2);
    batch.range.next = batch.samples.back().sequence + 1;
  }
}

void Publisher::sendPages(Moment now) {
  for (const int page : m_lastValues.due()) {
    if (m_underWay.size() >= mostUnderWay) return;
    UnderWay message;
    message.page = page;
    message.subject =
        "$KV." + lastValuesBucket(m_config.stream) + '.' + m_site + '.' + m_node + '.' + QByteArray::number(page);
    message.payload = m_lastValues.begin(page);
    send(std::move(message), now);
  }
  m_pagesAt = now + m_config.lastValuesInterval;
}

void Publisher::send(UnderWay message, Moment now) {
  const quint64 number = ++m_number;
  UnderWay &kept = m_underWay[number] = std::move(message);
  post(number, kept, now);
}

void Publisher::post(quint64 number, UnderWay &message, Moment now) {
  message.due = now + m_config.ackTimeout;
  natsMsg *raw = nullptr;
  const QByteArray reply = m_inbox + QByteArray::number(number);
  natsStatus status = natsMsg_Create(&raw, message.subject.constData(), reply.constData(), message.payload.constData(),
                                     static_cast<int>(message.payload.size()));
  const Message owned(raw);
  if (status == NATS_OK && !message.id.isEmpty()) {
    status = natsMsgHeader_Set(raw, "Nats-Msg-Id", message.id.constData());
  }
  if (status == NATS_OK) status = natsConnection_PublishMsg(m_link->connection(), raw);
  // It stays in the window, and its deadline brings it back.
  if (status != NATS_OK) say(natsFailure("not sent", status).value());
}

void Publisher::say(const QString &trouble) {
  const QString text = trouble.isEmpty() && m_link ? m_link->refusal() : trouble;
  if (std::exchange(m_hasTold, true) && text == m_trouble) return;
  m_trouble = text;
  m_tell.state(text);
}

}  // namespace tagwire::cluster
