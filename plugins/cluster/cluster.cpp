// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include "services/historywriter.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;
using namespace tagwire::spool;

namespace {

// An edge says every second that it is there.
constexpr auto silence = 5s;
// What a hub says with it: that it is one, and that it is the one that tells of alarms.
const char *const hubMark = "hub";
const char *const speakingMark = "hub speaks";

}  // namespace

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
      old(metrics.counter("tagwire_cluster_old_total",
                          "Records of other nodes not published here: older than what is known")),
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

Cluster::Cluster(const ClusterConfig &config, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_points(m_config, context),
      m_commands(m_config, context, m_points,
                 {[this](const CommandStatus &status) {
                    Q_EMIT eventRaised({0, m_context.clock().now(), {}, status});
                  },
                  [this](const Command &command) { Q_EMIT commandRequested(command); },
                  [this](const QByteArray &reply, const QByteArray &data) {
                    if (m_wire) m_wire->answer(reply, data);
                  }}),
      m_voice(config.node),
      m_devices(m_config, context),
      m_secondTimer(this),
      m_metrics(context.metrics()) {
  m_points.expect();
  m_secondTimer.setInterval(1s);
  connect(&m_secondTimer, &QTimer::timeout, this, &Cluster::everySecond);
}

Cluster::~Cluster() { Cluster::stop(); }

void Cluster::start() {
  if (m_running) return;
  m_running = true;
  m_startedAt = m_context.clock().now();
  m_voice.start(m_context.clock().elapsed());
  m_mailbox = std::make_shared<Mailbox>(this);
  if (m_config.has(Role::Edge) || m_config.has(Role::Hub)) startPublisher();
  if (m_config.history) startHistory();
  if (m_config.has(Role::Hub) || m_config.has(Role::Gateway)) startLive();
  if (m_config.has(Role::Gateway)) m_devices.start(m_mailbox, tellOf(Devices));
  startWire();
  showState();
  m_secondTimer.start();
}

void Cluster::stop() {
  if (!m_running) return;
  m_running = false;
  m_secondTimer.stop();
  m_mailbox->close();
  m_devices.stop();
  m_wire.reset();
  m_live.reset();
  m_history.reset();
  m_publisher.reset();
  m_troubles = {};
  m_points.forget();
  m_commands.clear();
  m_lives.clear();
  m_metrics.shown = {};
  m_metrics.shownStored = m_metrics.shownUnreadable = 0;
  m_owesWritten = false;
  m_state = PluginState::Stopped;
  m_stateText.clear();
}

Feed::Tell Cluster::tellOf(Part part) {
  m_troubles[part] = QStringLiteral("connecting to %1").arg(m_config.servers.join(QStringLiteral(", ")));
  return [this, part, mailbox = m_mailbox](const QString &trouble) {
    Mailbox::post(mailbox, [this, part, trouble] { setTrouble(part, trouble); });
  };
}

void Cluster::startPublisher() {
  Publisher::Tell tell;
  tell.taken = [this, mailbox = m_mailbox] {
    Mailbox::post(mailbox, [this] {
      if (std::exchange(m_owesWritten, false)) Q_EMIT written();
    });
  };
  tell.opened = [this, mailbox = m_mailbox](const QString &spool) {
    Mailbox::post(mailbox, [this, spool] { m_spool = spool; });
  };
  tell.state = tellOf(Out);
  m_publisher = std::make_unique<Publisher>(m_config, m_context, tell);
}

void Cluster::startHistory() {
  const auto take = [this, mailbox = m_mailbox](std::shared_ptr<const std::vector<Batch>> batches,
                                                const HistoryFeed::Done &done) {
    Mailbox::post(mailbox, [this, batches, done] { store(batches, done); });
  };
  m_history = std::make_unique<HistoryFeed>(m_config, take, tellOf(History));
}

void Cluster::startLive() {
  LiveFeed::Take take;
  take.page = [this, mailbox = m_mailbox](const Sender &sender, Page page) {
    const auto shared = std::make_shared<const Page>(std::move(page));
    Mailbox::post(mailbox, [this, sender, shared] {
      takePage(sender, *shared);
      m_live->done();
    });
  };
  take.batch = [this, mailbox = m_mailbox](const Sender &sender, Batch batch) {
    const auto shared = std::make_shared<const Batch>(std::move(batch));
    Mailbox::post(mailbox, [this, sender, shared] {
      takeBatch(sender, *shared);
      m_live->done();
    });
  };
  m_live = std::make_unique<LiveFeed>(m_config, m_context.clock(), take, tellOf(Live));
}

void Cluster::startWire() {
  Wire::Take take;
  take.answer = [this, mailbox = m_mailbox](quint64 number, const QByteArray &data, bool isNobody) {
    Mailbox::post(mailbox, [this, number, data, isNobody] { m_commands.answered(number, data, isNobody); });
  };
  if (m_config.has(Role::Edge)) {
    take.command = [this, mailbox = m_mailbox](const QString &from, const QByteArray &data, const QByteArray &reply) {
      if (m_waitingAsks >= RemoteCommands::mostOpen) return;  // who asks sees that nothing comes
      ++m_waitingAsks;
      Mailbox::post(mailbox, [this, from, data, reply] {
        --m_waitingAsks;
        m_commands.take(from, data, reply);
      });
    };
  }
  if (m_live) {
    take.alive = [this, mailbox = m_mailbox](const Sender &sender, const QByteArray &data) {
      Mailbox::post(mailbox, [this, sender, data] { heard(sender, data); });
    };
  }
  m_waitingAsks = 0;
  m_wire = std::make_unique<Wire>(m_config, subjectToken(m_context.site().name), take, tellOf(Between));
}

void Cluster::heard(const Sender &sender, const QByteArray &data) {
  if (data.startsWith(hubMark)) m_voice.heard(sender.node, data == speakingMark, m_context.clock().elapsed());
  const auto life = m_lives.find(sender);
  if (life == m_lives.end()) return;
  life->heard = m_context.clock().elapsed();
  if (std::exchange(life->isLost, false)) m_live->refresh(sender);
}

void Cluster::findSilent() {
  const auto now = m_context.clock().elapsed();
  for (auto life = m_lives.begin(); life != m_lives.end(); ++life) {
    if (life->isLost || now - life->heard < silence) continue;
    life->isLost = true;
    lose(life.key());
  }
}

/// What is known of its points is no more than what was.
void Cluster::lose(const Sender &sender) {
  qCWarning(m_context.log()).noquote() << "node" << sender.node << "of" << sender.site << "is not heard any more";
  Samples samples;
  const Time now = m_context.clock().now();
  for (auto owner = m_points.owners().cbegin(); owner != m_points.owners().cend(); ++owner) {
    if (owner.value() != sender) continue;
    const Sample &last = m_context.points().last(owner.key());
    samples.append({owner.key(), Quality::bad(QualityReason::NoConnection), now, last.value});
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
}

void Cluster::setTrouble(Part part, const QString &trouble) {
  m_troubles[part] = trouble;
  showState();
}

void Cluster::showState() {
  if (!m_running) return;
  QStringList troubles;
  static const char *const names[] = {"out", "history", "live", "between nodes", "devices"};
  for (int part = 0; part < parts; ++part) {
    const auto &trouble = m_troubles[static_cast<size_t>(part)];
    if (trouble && !trouble->isEmpty()) troubles << QStringLiteral("%1: %2").arg(QLatin1String(names[part]), *trouble);
  }
  const QString text = troubles.join(QStringLiteral("; "));
  const PluginState state = text.isEmpty() ? PluginState::Running : PluginState::Degraded;
  if (state == m_state && text == m_stateText) return;
  m_state = state;
  m_stateText = text;
  Q_EMIT statusChanged(state, text);
}

void Cluster::everySecond() {
  const bool isHub = m_config.has(Role::Hub);
  if (isHub) {
    for (const Event &event : m_voice.look(m_context.clock().elapsed())) publish(event);
  }
  const QByteArray mark = isHub ? (m_voice.isSpeaking() ? speakingMark : hubMark) : "";
  if (m_wire) m_wire->sayAlive(mark);
  findSilent();
  m_devices.look();
  if (m_publisher) m_metrics.show(m_publisher->figures());
  if (!m_history) return;
  const qint64 stored = m_history->stored();
  const qint64 unreadable = m_history->unreadable();
  m_metrics.stored.add(static_cast<double>(stored - std::exchange(m_metrics.shownStored, stored)));
  m_metrics.unreadable.add(static_cast<double>(unreadable - std::exchange(m_metrics.shownUnreadable, unreadable)));
}

void Cluster::write(const Samples &samples) {
  if (!m_running) return;
  if (!m_publisher || !m_config.has(Role::Edge)) {
    Q_EMIT written();
    return;
  }
  m_owesWritten = true;
  m_publisher->take(samples);
}

void Cluster::notify(const Event &event) {
  if (!m_running) return;
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) m_commands.passed(*status);
  if (!m_publisher) return;
  const bool isAlarm = m_config.has(Role::Hub) && AlarmVoice::concerns(event);
  if (!isAlarm || m_voice.tells(event, m_context.clock().elapsed())) publish(event);
}

void Cluster::publish(const Event &event) {
  StoredEvent stored = storedForm(event, m_context.points(), m_context.epoch());
  Event raised = event;
  const PointId *point = pointOf(raised);
  const auto known = point ? m_context.points().point(*point) : nullptr;
  stored.json = encode(EventBody{stored.json, raised, known ? known->fullName : QString()});
  m_publisher->take(stored);
}

void Cluster::execute(const Command &command) {
  if (m_wire) m_commands.ask(command, *m_wire);
}

void Cluster::claimDevice(Reply<QString> reply, QString device, std::weak_ptr<DeviceHolder> holder) {
  m_devices.claim(reply, device, holder);
}

bool Cluster::isOld(Time time) const { return m_context.clock().now() - time > m_config.historicalAfter; }

void Cluster::store(const std::shared_ptr<const std::vector<Batch>> &batches, HistoryFeed::Done done) {
  auto wanted = std::make_shared<HistoryBatches>();
  const Time now = m_context.clock().now();
  for (const Batch &batch : *batches) {
    HistoryBatch out{batch.origin, batch.range, batch.points, batch.samples, {}};
    for (StoredSample &sample : out.samples) {
      sample.received = now;
      sample.isHistorical = sample.isHistorical || isOld(sample.time);
    }
    for (const StoredEvent &event : batch.events) {
      const auto body = decodeEventBody(event.json);
      out.events.push_back(event);
      out.events.back().json = body ? body->json : QByteArrayLiteral("{}");
    }
    wanted->push_back(std::move(out));
  }
  m_context.requestFrom(
      *m_config.history, &HistoryWriter::storeBatches,
      [done = std::move(done)](const Result<int> &stored) { done(stored); }, m_context.id(),
      std::shared_ptr<const HistoryBatches>(wanted));
}

void Cluster::takePage(const Sender &sender, const Page &page) {
  if (sender == Sender{subjectToken(m_context.site().name), m_config.node}) return;
  Samples samples;
  Life &life = m_lives[sender];
  if (life.heard.count() == 0) life.heard = m_context.clock().elapsed();
  for (const Page::Entry &entry : page.entries) {
    const PointId id = m_points.declare(sender, entry.prefix, entry.info);
    if (id == PointId::None) continue;
    const bool isNewer = m_points.advance(id, entry.last.time);
    const Sample &last = m_context.points().last(id);
    // The node is heard again: what is in the bucket still holds.
    const bool isBack = last.quality == Quality::bad(QualityReason::NoConnection);
    if (isBack) {
      samples.append({id, entry.last.quality, m_context.clock().now(), entry.last.value});
    } else if (isNewer && entry.last.time > last.time) {
      samples.append({id, entry.last.quality, entry.last.time, entry.last.value});
    }
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
}

void Cluster::takeBatch(const Sender &sender, const Batch &batch) {
  if (batch.origin == m_spool) return;
  std::vector<PointId> ids;
  for (const StoredPoint &point : batch.points) {
    const PointId id = m_points.find(sender, point.name);
    ids.push_back(m_points.owner(id) ? id : m_points.declare(sender, point));
    m_points.follow(ids.back(), sender);
  }
  Samples samples;
  samples.reserve(static_cast<qsizetype>(batch.samples.size()));
  Life &life = m_lives[sender];
  if (life.heard.count() == 0) life.heard = m_context.clock().elapsed();
  const bool isLate = isOld(batch.sent);
  for (const StoredSample &sample : batch.samples) {
    const PointId id = ids[sample.point - 1];
    if (id == PointId::None) continue;
    const Sample &last = m_context.points().last(id);
    // The bucket may have brought it before.
    const bool isKnown = sample.time == last.time && sample.quality == last.quality && sample.value == last.value;
    if (isKnown || !m_points.isNew(batch, sample.sequence) || !m_points.advance(id, sample.time)) {
      m_metrics.old.add();
      continue;
    }
    samples.append({id, sample.quality, sample.time, sample.value});
  }
  if (isLate) {  // what has happened long ago is for the history; here only what has become of it
    Samples last;
    QSet<PointId> done;
    for (auto sample = samples.crbegin(); sample != samples.crend(); ++sample) {
      if (done.contains(sample->point)) continue;
      done.insert(sample->point);
      last.prepend(*sample);
    }
    samples = last;
  }
  m_metrics.received.add(static_cast<double>(samples.size()));
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  for (const StoredEvent &event : batch.events) raise(sender, batch, event);
  m_points.seen(batch);
}

void Cluster::raise(const Sender &sender, const Batch &batch, const StoredEvent &stored) {
  // Those from before our start have been told, and reactions to what is long over would be wrong.
  if (stored.time < m_startedAt || isOld(stored.time) || !m_points.isNew(batch, stored.sequence)) return;
  auto body = decodeEventBody(stored.json);
  if (!body) return;
  Event event = std::move(body->event);
  if (PointId *point = pointOf(event))
    *point = body->point.isEmpty() ? PointId::None : m_points.find(sender, body->point);
  const auto *status = std::get_if<CommandStatus>(&event.body);
  if (status && m_commands.isAsked(status->commandId)) return;
  event.sequence = 0;
  event.source = QString::fromUtf8(stored.source);
  if (m_config.has(Role::Hub) && AlarmVoice::concerns(event)) {
    // It has an alarm of its own for it, which is the same.
    return m_voice.told(event, m_context.clock().elapsed());
  }
  m_metrics.received.add();
  Q_EMIT eventRaised(event);
}

}  // namespace tagwire::cluster
