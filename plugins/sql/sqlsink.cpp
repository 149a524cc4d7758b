// SPDX-License-Identifier: Apache-2.0
#include "sqlsink.h"

#include <QDir>

#include "historygap.h"
#include "store/makestore.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

// What is there when we stop is carried on for so long; the rest waits in the spool for the next start.
constexpr auto lastCarrying = 3s;
// Single events are gathered for so long, so that many share one write to the disk.
constexpr auto eventGathering = 2ms;
constexpr qsizetype mostHeldEvents = 10'000;
constexpr int readerThreads = 2;

QString nameOf(SpoolLoss::Reason reason) {
  switch (reason) {
    case SpoolLoss::Reason::Overflow:
      return QStringLiteral("overflow");
    case SpoolLoss::Reason::Thinned:
      return QStringLiteral("thinned");
    case SpoolLoss::Reason::Damaged:
      return QStringLiteral("damaged");
    case SpoolLoss::Reason::SpoolFailed:
      break;
  }
  return QStringLiteral("spool_failed");
}

QString explain(SpoolLoss::Reason reason) {
  switch (reason) {
    case SpoolLoss::Reason::Overflow:
      return QStringLiteral("the spool was full, the oldest were dropped");
    case SpoolLoss::Reason::Thinned:
      return QStringLiteral("the spool was full, the oldest were thinned out");
    case SpoolLoss::Reason::Damaged:
      return QStringLiteral("files of the spool were damaged");
    case SpoolLoss::Reason::SpoolFailed:
      break;
  }
  return QStringLiteral("the spool could not be written");
}

StoredPoint storedPoint(const Point &point) {
  return {point.fullName, point.number, point.type, point.unit, point.description, point.tag};
}

}  // namespace

SqlSink::SqlSink(const SqlConfig &config, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_rules(TopicFilter(config.points), config.rules),
      m_metrics(context.metrics()),
      m_commitTimer(this),
      m_retryTimer(this),
      m_secondTimer(this),
      m_backoff(250ms, 30s),
      m_points(context) {
  m_commitTimer.setSingleShot(true);
  m_commitTimer.setInterval(eventGathering);
  m_retryTimer.setSingleShot(true);
  m_secondTimer.setInterval(1s);
  connect(&m_commitTimer, &QTimer::timeout, this, &SqlSink::commit);
  connect(&m_retryTimer, &QTimer::timeout, this, [this] { m_isSpoolOpen ? commit() : openSpool(); });
  connect(&m_secondTimer, &QTimer::timeout, this, &SqlSink::everySecond);
}

SqlSink::~SqlSink() { SqlSink::stop(); }

void SqlSink::start() {
  if (m_running) return;
  m_running = true;
  m_mailbox = std::make_shared<Mailbox>();
  m_mailbox->sink = this;
  m_spool = std::make_shared<Spool>(m_config.spoolSettings(m_context.dataDir(), m_context.id()));
  showState();
  m_readers = std::make_unique<ReaderPool>(
      [config = m_config, dataDir = m_context.dataDir()] { return makeReader(config, dataDir); }, readerThreads);
  m_secondTimer.start();
  openSpool();
}

void SqlSink::stop() {
  if (!m_running) return;
  m_running = false;
  m_commitTimer.stop();
  m_retryTimer.stop();
  m_secondTimer.stop();
  if (m_isSpoolOpen) {
    const Time received = m_context.clock().now();
    m_rules.flush([&](const Sample &sample) {
      const KnownPoint *point = known(sample.point);
      if (point) m_spool->add({0, point->key, sample.quality, false, sample.time, received, sample.value});
    });
    tellLosses(true);
    if (const auto committed = m_spool->commit(); !committed) {
      qCWarning(m_context.log()).noquote() << "the last records could not be written:" << committed.error();
      m_spool->giveUpPending();
      noteLosses();
      tellLosses(true);
    }
    m_drain->stop(lastCarrying);
    const Ledger ledger = m_drain->ledger();
    m_metrics.show(ledger, 0);
    if (ledger.spooled > 0) {
      qCInfo(m_context.log()) << ledger.spooled << "records wait in the spool for the next start";
    }
  } else {
    quint64 events = static_cast<quint64>(m_heldEvents.size());
    for (const SpoolLoss &loss : m_losses.take(m_round, true)) events += static_cast<quint64>(loss.records);
    if (!m_held.isEmpty() || events > 0) {
      qCWarning(m_context.log()).noquote()
          << m_held.size() << "samples and" << events << "events are lost, they waited in memory:" << m_spoolTrouble;
    }
  }
  {
    const std::lock_guard lock(m_mailbox->mutex);
    m_mailbox->sink = nullptr;
  }
  m_readers.reset();
  m_drain.reset();
  m_spool.reset();
  m_isSpoolOpen = m_isDrainSettled = m_owesWritten = false;
  m_known.clear();
  m_held.clear();
  m_heldEvents.clear();
  m_spoolTrouble.clear();
  m_outage.clear();
  m_complaint.clear();
  m_losses.clear();
  m_points.forget();
  m_health = {};
  m_backoff.reset();
  m_state = PluginState::Stopped;
  m_stateText.clear();
}

void SqlSink::openSpool() {
  if (const auto opened = m_spool->open(); !opened) return spoolFailed(opened.error());
  m_isSpoolOpen = true;
  m_spoolTrouble.clear();
  m_backoff.reset();
  startDrain();
  for (const Event &event : std::exchange(m_heldEvents, {})) store(event);
  take(std::exchange(m_held, {}));
  commit();
  if (m_owesWritten) giveWritten();
  showState();
}

void SqlSink::startDrain() {
  DrainSettings settings;
  settings.makeStore = [config = m_config, dataDir = m_context.dataDir()] { return makeStore(config, dataDir); };
  settings.batchInterval = m_config.batchInterval;
  settings.retention = m_config.retention.retention();
  settings.stored = [mailbox = m_mailbox](const std::vector<StoredSample> &samples) {
    if (mailbox->traced != 0) tellStored(mailbox, samples);
  };
  const QString folder = m_config.spoolSettings(m_context.dataDir(), m_context.id()).folder;
  m_drain = std::make_shared<Drain>(m_spool, QDir(folder).filePath(QStringLiteral("quarantine.db")), settings,
                                    [mailbox = m_mailbox](const QString &outage, const QString &complaint) {
                                      post(mailbox,
                                           [outage, complaint](SqlSink &sink) { sink.setOutage(outage, complaint); });
                                    });
}

void SqlSink::write(const Samples &samples) {
  if (!m_running) return;
  if (!m_config.fedBy.isEmpty()) {  // all of it comes by the stream
    Q_EMIT written();
    return;
  }
  if (!m_isSpoolOpen) {
    m_held = samples;
    m_owesWritten = true;
    return;
  }
  take(samples);
  commit();
  giveWritten();
}

/// What is stored says the drain, which knows points by their keys.
void SqlSink::noteTraced(const Samples &samples) {
  const Samples traced = m_context.trace().tracedOf(samples);
  const KnownPoint *point = traced.isEmpty() ? nullptr : known(traced.first().point);
  if (point) m_mailbox->traced = point->key;
}

void SqlSink::tellStored(const std::shared_ptr<Mailbox> &mailbox, const std::vector<StoredSample> &samples) {
  const Time now = std::chrono::system_clock::now();
  const PointKey key = mailbox->traced;
  QList<Time> times;
  for (const StoredSample &sample : samples) {
    if (sample.point == key && times.size() < PointTrace::mostRows) times << sample.time;
  }
  if (times.isEmpty()) return;
  post(mailbox, [now, key, times](SqlSink &sink) {
    const auto isTraced = [key](const KnownPoint &each) { return each.key == key; };
    const auto point = std::find_if(sink.m_known.begin(), sink.m_known.end(), isTraced);
    if (point == sink.m_known.end()) return;
    const PointTrace::Hop hop{"stored", now, sink.m_context.id(), QStringLiteral("in the database")};
    for (const Time time : times) sink.m_context.trace().reached(point->point->id, time, hop);
  });
}

void SqlSink::take(const Samples &samples) {
  if (m_context.trace().isOn()) {
    noteTraced(samples);
  } else {
    m_mailbox->traced = 0;
  }
  const Time received = m_context.clock().now();
  const KnownPoint *point = nullptr;
  const KeepRules::Take keep = [&](const Sample &sample) {
    m_spool->add({0, point->key, sample.quality, false, sample.time, received, sample.value});
  };
  for (const Sample &sample : samples) {
    point = known(sample.point);
    if (!point) {
      m_metrics.countUnknown();
    } else if (m_rules.keepsAll(sample.point)) {
      m_spool->add({0, point->key, sample.quality, false, sample.time, received, sample.value});
    } else {
      m_rules.offer(sample, *point->point, keep);
    }
  }
}

const SqlSink::KnownPoint *SqlSink::known(PointId id) {
  const auto index = static_cast<size_t>(id);
  if (index < m_known.size() && m_known[index].checkedIn == m_round) return &m_known[index];
  const auto point = m_context.points().point(id);
  if (!point) return nullptr;
  if (index >= m_known.size()) m_known.resize(std::max<size_t>(index + 1, m_context.points().count() + 1));
  KnownPoint &entry = m_known[index];
  if (entry.point != point) {  // new to us, or declared again with another unit or description
    entry.key = m_spool->keyOf(storedPoint(*point));
    entry.point = point;
  }
  entry.checkedIn = m_round;
  return &entry;
}

void SqlSink::notify(const Event &event) {
  if (!m_running || !m_config.fedBy.isEmpty()) return;
  if (m_isSpoolOpen) {
    store(event);
  } else if (m_heldEvents.size() < mostHeldEvents) {
    m_heldEvents << event;
  } else {
    m_metrics.countLateEvents(1);
    m_losses.add({SpoolLoss::Reason::SpoolFailed, Stream::Events, 1, event.time, event.time});
  }
}

void SqlSink::store(const Event &event, const std::optional<HistoryGap> &gap) {
  StoredEvent stored = storedForm(event, m_context.points(), m_context.epoch());
  if (gap) markGap(stored, *gap);
  m_spool->add(stored);
  if (!m_commitTimer.isActive()) m_commitTimer.start();
}

void SqlSink::commit() {
  m_commitTimer.stop();
  const auto committed = m_spool->commit();
  noteLosses();
  m_drain->wake();  // one stream may be well when the other is not
  if (!committed) return spoolFailed(committed.error());
  if (m_spoolTrouble.isEmpty()) return;
  m_spoolTrouble.clear();
  m_backoff.reset();
  qCInfo(m_context.log()) << "the spool can be written again";
  showState();
}

// While events wait in memory we take no more, so that they wait in the host's queue rather than being given up.
void SqlSink::giveWritten() {
  m_owesWritten = !m_spoolTrouble.isEmpty() && m_spool->isEventsFull();
  if (!m_owesWritten) Q_EMIT written();
  showState();
}

void SqlSink::everySecond() {
  ++m_round;
  if (!m_isSpoolOpen) return;
  const Time now = m_context.clock().now();
  m_rules.release(now, [&](const Sample &sample) {
    const KnownPoint *point = known(sample.point);
    if (point) m_spool->add({0, point->key, sample.quality, false, sample.time, now, sample.value});
  });
  tellLosses(false);
  commit();
  if (m_owesWritten) giveWritten();
  const Ledger ledger = m_drain->ledger();
  const qint64 mostBytes = m_config.spool.mostMegabytes * 1024LL * 1024;
  const qint64 bytes = m_spool->figures(Stream::Telemetry).bytes + m_spool->figures(Stream::Events).bytes;
  m_metrics.show(ledger, bytes);
  if (m_isDrainSettled && m_outage.isEmpty()) m_health.quarantined = ledger.quarantined;
  m_health.spoolFill = std::min<qint64>(100, bytes * 100 / mostBytes);
  publish();
}

void SqlSink::noteLosses() {
  for (const SpoolLoss &loss : m_spool->takeLosses()) m_losses.add(loss);
}

void SqlSink::tellLosses(bool atOnce) {
  for (const SpoolLoss &loss : m_losses.take(m_round, atOnce)) tellLoss(loss);
}

// Stored and told to the others, so that nobody takes a gap for silence.
void SqlSink::tellLoss(const SpoolLoss &loss) {
  const QString text = QStringLiteral("the history lacks %1 %2 from %3 to %4: %5")
                           .arg(loss.records)
                           .arg(loss.stream == Stream::Events ? QStringLiteral("events") : QStringLiteral("samples"),
                                toIso(loss.from), toIso(loss.to), explain(loss.reason));
  qCWarning(m_context.log()).noquote() << text;
  const Event event{0, m_context.clock().now(), m_context.id(),
                    SystemEvent{QStringLiteral("history_gap"), text, Severity::Major}};
  // No event about events that had no room: it would have none either, and be the next loss.
  const bool hasRoom = loss.stream == Stream::Telemetry || !m_spool->isEventsFull();
  if (hasRoom) store(event, HistoryGap{loss.from, loss.to, loss.records, nameOf(loss.reason)});
  if (m_running) Q_EMIT eventRaised(event);
}

void SqlSink::spoolFailed(const QString &reason) {
  if (reason != m_spoolTrouble) {
    qCWarning(m_context.log()).noquote() << "the spool can't take all records, they wait in memory:" << reason;
  }
  m_spoolTrouble = reason;
  if (m_running && !m_retryTimer.isActive()) m_retryTimer.start(m_backoff.next());
  showState();
}

void SqlSink::setOutage(const QString &outage, const QString &complaint) {
  if (!outage.isEmpty() && outage != m_outage) {
    if (m_outage.isEmpty()) m_metrics.countOutage();
    qCWarning(m_context.log()).noquote() << "can't store the history, records wait in the spool:" << outage;
  } else if (outage.isEmpty() && !m_outage.isEmpty()) {
    qCInfo(m_context.log()) << "storing the history again";
  }
  if (!complaint.isEmpty() && complaint != m_complaint) {
    qCWarning(m_context.log()).noquote() << "the history is stored, but its housekeeping fails:" << complaint;
  }
  m_outage = outage;
  m_complaint = complaint;
  m_isDrainSettled = true;
  showState();
}

void SqlSink::showState() {
  if (!m_running) return;
  publish();
  QString text = m_spoolTrouble.isEmpty() ? m_outage : m_spoolTrouble;
  if (text.isEmpty() && !m_complaint.isEmpty()) text = QStringLiteral("housekeeping fails: ") + m_complaint;
  const bool isSettled = m_isDrainSettled || !text.isEmpty();
  const auto state = !text.isEmpty() ? PluginState::Degraded : isSettled ? PluginState::Running : PluginState::Starting;
  if (state == m_state && text == m_stateText) return;
  m_state = state;
  m_stateText = text;
  Q_EMIT statusChanged(state, text);
}

void SqlSink::publish() {
  m_health.lost = m_losses.recent(m_round);
  const bool isOutage = !m_spoolTrouble.isEmpty() || !m_outage.isEmpty();
  if (isOutage || m_isDrainSettled) m_health.isOutage = isOutage;
  const Samples changed = m_points.changed(m_health, m_context.clock().now());
  if (!changed.isEmpty()) Q_EMIT samplesReady(changed);
}

}  // namespace tagwire::sql
