// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include "services/historywriter.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;
using namespace tagwire::spool;

namespace {

// An edge says every second that it is there.
constexpr auto silence = 5s;

}  // namespace

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
      m_remoteAlarms(context, m_points, this,
                     [this](const Sender &hub, quint64 number, const QByteArray &data) -> Result<void> {
                       return m_wire ? m_wire->askDesk(hub, number, data) : failure(QStringLiteral("not running"));
                     }),
      m_alarmServer(m_config, context, m_points,
                    [this](const QByteArray &reply, const Result<QCborValue> &answer) {
                      if (m_wire) m_wire->answerDesk(reply, answer);
                    }),
      m_follower(m_config, context, m_remoteAlarms, m_voice),
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
  m_mailbox = std::make_shared<Mailbox>(this);
  startAlarms();
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
  stopAlarms();
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
  m_owesWritten = m_owesMark = m_isCaughtUp = false;
  m_marks.clear();
  m_state = PluginState::Stopped;
  m_stateText.clear();
}

bool Cluster::isSelf(const Sender &sender) const {
  return sender == Sender{subjectToken(m_context.site().name), m_config.node};
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
      markIfSettled();
    });
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
  take.batch = [this, mailbox = m_mailbox](const Sender &sender, Batch batch, quint64 position, bool isOfLeaf) {
    const auto shared = std::make_shared<const Batch>(std::move(batch));
    Mailbox::post(mailbox, [this, sender, shared, position, isOfLeaf] {
      takeBatch(sender, *shared, isOfLeaf);
      m_marks.passed(position);
      m_live->done();
    });
  };
  m_live = std::make_unique<LiveFeed>(m_config, m_context.clock(), take, tellOf(Live));
}

/// In a thread of libnats. What is dropped comes again (signs, marks), or who asks sees that nothing comes.
template <class Task>
void Cluster::postWire(WireKind kind, Task task) {
  static constexpr std::array<int, wireKinds> most{RemoteCommands::mostOpen,
                                                   4 * RemoteCommands::mostOpen,
                                                   AlarmServer::mostOpen,
                                                   1'000,  // parts of 128 KiB
                                                   20'000,
                                                   1'000,
                                                   2'000};
  if (m_waiting[kind] >= most[kind]) {
    ++m_dropped;
    return;
  }
  ++m_waiting[kind];
  Mailbox::post(m_mailbox, [this, kind, task = std::move(task)] {
    --m_waiting[kind];
    task();
  });
}

void Cluster::startWire() {
  Wire::Take take;
  take.answer = [this](quint64 number, const QByteArray &data, bool isNobody) {
    postWire(Answers, [this, number, data, isNobody] { m_commands.answered(number, data, isNobody); });
  };
  take.deskAnswer = [this](quint64 number, const QByteArray &data, bool isNobody) {
    postWire(DeskAnswers, [this, number, data, isNobody] { m_remoteAlarms.answered(number, data, isNobody); });
  };
  if (m_config.has(Role::Edge)) {
    take.command = [this](const QString &from, const QByteArray &data, const QByteArray &reply) {
      postWire(Asks, [this, from, data, reply] { m_commands.take(from, data, reply); });
    };
  }
  if (m_config.has(Role::Hub)) {
    take.deskAsk = [this](const QString &from, const QByteArray &data, const QByteArray &reply) {
      postWire(DeskAsks, [this, from, data, reply] { m_alarmServer.take(from, data, reply); });
    };
  }
  if (m_live) {
    take.alive = [this](const Sender &sender) { postWire(Signs, [this, sender] { heard(sender); }); };
    take.hub = [this](const Sender &sender, bool isSpeaking) {
      if (isSelf(sender)) return;
      postWire(Hubs, [this, sender, isSpeaking] { m_remoteAlarms.heard(sender, isSpeaking); });
    };
    take.mark = [this](const QByteArray &data) { postWire(Places, [this, data] { heardMark(data); }); };
  }
  for (auto &waiting : m_waiting) waiting = 0;
  m_wire = std::make_unique<Wire>(m_config, subjectToken(m_context.site().name), take, tellOf(Between));
}

void Cluster::heard(const Sender &sender) {
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
  static const char *const names[] = {"out", "history", "live", "between nodes", "devices", "alarms"};
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
  const bool isSpeaking = m_voice.isSpeaking(m_context.clock().elapsed());
  if (isHub) lookAtAlarms(isSpeaking);
  if (m_wire) m_wire->sayAlive();
  if (m_wire && isHub) m_wire->sayHub(isSpeaking);
  findSilent();
  m_devices.look();
  markNow();
  const qint64 dropped = m_dropped;
  m_metrics.dropped.add(static_cast<double>(dropped - std::exchange(m_metrics.shownDropped, dropped)));
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
  if (!isAlarm || tellsAlarm(event)) publish(event);
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
  if (isSelf(sender)) return;
  Samples samples;
  Life &life = m_lives[sender];
  if (life.heard.count() == 0) life.heard = m_context.clock().elapsed();
  for (const Page::Entry &entry : page.entries) {
    const PointId id = m_points.declare(sender, entry.prefix, entry.info);
    if (id == PointId::None) continue;
    const bool isNewer = m_points.advance(id, entry.last.time);
    const Sample &last = m_context.points().last(id);
    // The node is heard again: what is in the bucket still holds.
    if (isNewer) m_points.beginAhead(id);
    const bool isBack = last.quality == Quality::bad(QualityReason::NoConnection);
    if (isBack) {
      samples.append({id, entry.last.quality, m_context.clock().now(), entry.last.value});
    } else if (isNewer && entry.last.time > last.time) {
      samples.append({id, entry.last.quality, entry.last.time, entry.last.value});
    }
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
}

void Cluster::takeBatch(const Sender &sender, const Batch &batch, bool isOfLeaf) {
  if (isSelf(sender)) return;
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
    // The bucket may have brought it before: then it is told again, for those who follow the stream (Marks).
    const bool isSame = sample.time == last.time && sample.quality == last.quality && sample.value == last.value;
    const bool isKnown = isSame && !(m_points.endAhead(id) && m_isCaughtUp);
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
  if (!samples.isEmpty()) hand(samples);
  for (const StoredEvent &event : batch.events) raise(sender, batch, event, isOfLeaf);
  m_points.seen(batch);
}

void Cluster::raise(const Sender &sender, const Batch &batch, const StoredEvent &stored, bool isOfLeaf) {
  // Those from before our start have been told, and reactions to what is long over would be wrong.
  if (stored.time < m_startedAt || !m_points.isNew(batch, stored.sequence)) return;
  auto body = decodeEventBody(stored.json);
  if (!body) return;
  Event event = std::move(body->event);
  if (PointId *point = pointOf(event))
    *point = body->point.isEmpty() ? PointId::None : m_points.find(sender, body->point);
  event.sequence = 0;
  event.source = QString::fromUtf8(stored.source);
  // A leaf node's server lets in what it likes, under any name.
  const bool isOfHub = !isOfLeaf && m_remoteAlarms.isHub(sender);
  if (m_config.has(Role::Hub) && isOfHub && AlarmVoice::concerns(event)) return hearAlarm(sender, event);
  const auto *status = std::get_if<CommandStatus>(&event.body);
  if (isOld(stored.time) || (status && m_commands.isAsked(status->commandId))) return;
  m_metrics.received.add();
  hand(event);
}

}  // namespace tagwire::cluster
