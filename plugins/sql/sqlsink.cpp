// SPDX-License-Identifier: Apache-2.0
#include "sqlsink.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

SqlSink::Counters::Counters(Metrics &metrics)
    : samples(metrics.counter("tagwire_sql_samples_written_total", "Samples stored")),
      events(metrics.counter("tagwire_sql_events_written_total", "Events stored")),
      samplesDropped(metrics.counter("tagwire_sql_samples_dropped_total", "Samples lost because the buffer was full")),
      eventsDropped(metrics.counter("tagwire_sql_events_dropped_total", "Events lost because the buffer was full")),
      refused(metrics.counter("tagwire_sql_rows_refused_total", "Rows that can't be stored by themselves, left out")),
      errors(metrics.counter("tagwire_sql_errors_total", "Attempts to open or write the database that failed")),
      waiting(metrics.gauge("tagwire_sql_samples_waiting", "Samples in memory that are not stored yet")) {}

SqlSink::SqlSink(const SqlConfig &config, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_path(config.database.pathIn(context.dataDir())),
      m_filter(config.points),
      m_buffer(config.bufferSamples, config.bufferEvents),
      m_batchTimer(this),
      m_retryTimer(this),
      m_backoff(250ms, 30s),
      m_counters(context.metrics()) {
  m_batchTimer.setSingleShot(true);
  m_batchTimer.setInterval(config.batchInterval);
  m_retryTimer.setSingleShot(true);
  connect(&m_batchTimer, &QTimer::timeout, this, &SqlSink::attempt);
  connect(&m_retryTimer, &QTimer::timeout, this, &SqlSink::attempt);
}

SqlSink::~SqlSink() { SqlSink::stop(); }

void SqlSink::start() {
  if (m_running) return;
  m_running = true;
  setState(PluginState::Starting, {});
  attempt();
}

void SqlSink::stop() {
  if (!m_running) return;
  m_running = false;
  m_batchTimer.stop();
  m_retryTimer.stop();
  storeLast();
  close();
  m_failing = false;
  m_backoff.reset();
  m_state = PluginState::Stopped;
  m_stateText.clear();
}

void SqlSink::storeLast() {
  if (!m_gap.isNone()) m_buffer.add(storedForm(takeGap(), m_context.points()));
  if (m_buffer.isEmpty()) return;
  auto stored = m_writer ? Result<void>() : open();
  if (stored) stored = storeBatches(true);
  if (stored) return;
  const WriteBuffer::Counts lost = m_buffer.clear();
  m_counters.samplesDropped.add(static_cast<double>(lost.samples));
  m_counters.eventsDropped.add(static_cast<double>(lost.events));
  qCWarning(m_context.log()).noquote() << QStringLiteral("stopped with %1 samples and %2 events not stored: %3")
                                              .arg(lost.samples)
                                              .arg(lost.events)
                                              .arg(stored.error());
}

void SqlSink::write(const Samples &samples) {
  for (const Sample &sample : samples) {
    if (!accepts(sample.point)) continue;
    m_buffer.add(sample);
    storeIfDue();
  }
  if (!m_running) return;
  countDropped();
  scheduleRest();
  Q_EMIT written();
}

void SqlSink::notify(const Event &event) {
  m_buffer.add(storedForm(event, m_context.points()));
  storeIfDue();
  if (!m_running) return;
  countDropped();
  scheduleRest();
}

void SqlSink::storeIfDue() {
  if (!m_running || m_failing || !isBatchDue()) return;
  if (const auto stored = storeBatches(false); !stored) failed(stored.error());
}

bool SqlSink::isBatchDue() const {
  const auto enough = static_cast<size_t>(m_config.batchSize);
  return m_buffer.samples().size() >= enough || m_buffer.events().size() >= enough || m_buffer.isHalfFull();
}

bool SqlSink::accepts(PointId id) {
  const auto index = static_cast<size_t>(id);
  if (index < m_accepted.size() && m_accepted[index] != 0) return m_accepted[index] == 1;
  const auto point = m_context.points().point(id);
  if (!point) return true;  // the writer counts it
  if (index >= m_accepted.size()) m_accepted.resize(index + 1);
  m_accepted[index] = m_filter.accepts(point->fullName) ? 1 : 2;
  return m_accepted[index] == 1;
}

void SqlSink::attempt() {
  auto stored = m_writer ? Result<void>() : open();
  if (stored) stored = storeBatches(true);
  if (!stored) return failed(stored.error());
  healed();
}

Result<void> SqlSink::open() {
  if (auto opened = m_file.open(m_path); !opened) return opened;
  m_writer.emplace(m_file, m_context.points(), m_context.epoch());
  auto prepared = m_writer->prepare();
  if (!prepared) close();
  return prepared;
}

void SqlSink::close() {
  m_writer.reset();
  m_file.close();
}

Result<void> SqlSink::storeBatches(bool withRest) {
  if (m_file.wasMoved()) {
    qCWarning(m_context.log()).noquote() << m_path << "was moved or deleted: going on in a new file";
    close();
    if (auto opened = open(); !opened) return opened;
  }
  while (withRest ? !m_buffer.isEmpty() : isBatchDue()) {
    if (auto stored = storeBatch(); !stored) {
      m_writer->rollBack();
      return failure(QStringLiteral("%1: %2").arg(m_path, stored.error()));
    }
  }
  m_counters.waiting.set(static_cast<double>(m_buffer.samples().size()));
  return {};
}

Result<void> SqlSink::storeBatch() {
  const auto samples = std::min<qsizetype>(static_cast<qsizetype>(m_buffer.samples().size()), m_config.batchSize);
  const auto events = std::min<qsizetype>(static_cast<qsizetype>(m_buffer.events().size()), m_config.batchSize);
  if (auto begun = m_writer->begin(); !begun) return begun;
  for (qsizetype i = 0; i < samples; ++i) {
    if (auto added = m_writer->add(m_buffer.samples()[static_cast<size_t>(i)]); !added) return added;
  }
  const int refusedSamples = m_writer->refused();
  for (qsizetype i = 0; i < events; ++i) {
    if (auto added = m_writer->add(m_buffer.events()[static_cast<size_t>(i)]); !added) return added;
  }
  if (auto committed = m_writer->commit(); !committed) return committed;
  m_buffer.remove(samples, events);
  countStored(samples - refusedSamples, events - (m_writer->refused() - refusedSamples), m_writer->refused());
  return {};
}

void SqlSink::countStored(qsizetype samples, qsizetype events, int refused) {
  m_counters.samples.add(static_cast<double>(samples));
  m_counters.events.add(static_cast<double>(events));
  if (refused > 0) {
    m_counters.refused.add(refused);
    if (!std::exchange(m_refusalLogged, true)) {
      qCWarning(m_context.log())
          << "rows that can't be stored are left out (tagwire_sql_rows_refused_total counts them)";
    }
  }
}

void SqlSink::failed(const QString &reason) {
  close();
  m_counters.errors.add();
  if (!m_failing || reason != m_stateText) {
    qCWarning(m_context.log()).noquote() << "can't store the history:" << reason;
  }
  m_failing = true;
  m_batchTimer.stop();
  m_retryTimer.start(m_backoff.next());
  setState(PluginState::Degraded, reason);
}

void SqlSink::healed() {
  m_backoff.reset();
  if (std::exchange(m_failing, false)) {
    qCInfo(m_context.log()) << "storing the history again";
  }
  if (!m_gap.isNone()) markGap();
  setState(PluginState::Running, {});
}

void SqlSink::countDropped() {
  m_counters.waiting.set(static_cast<double>(m_buffer.samples().size()));
  const WriteBuffer::Counts dropped = m_buffer.takeDropped();
  if (dropped.isNone()) return;
  if (m_gap.isNone()) qCWarning(m_context.log()) << "the buffer is full: dropping the oldest";
  m_gap.samples += dropped.samples;
  m_gap.events += dropped.events;
  m_counters.samplesDropped.add(static_cast<double>(dropped.samples));
  m_counters.eventsDropped.add(static_cast<double>(dropped.events));
}

// Stored and told to the others, so that nobody takes the gap for silence.
void SqlSink::markGap() {
  const Event event = takeGap();
  m_buffer.add(storedForm(event, m_context.points()));
  scheduleRest();
  Q_EMIT eventRaised(event);
}

Event SqlSink::takeGap() {
  const WriteBuffer::Counts lost = std::exchange(m_gap, {});
  const QString text = QStringLiteral("the history lacks %1 samples and %2 events: the database could not be written")
                           .arg(lost.samples)
                           .arg(lost.events);
  qCWarning(m_context.log()).noquote() << text;
  return {0, m_context.clock().now(), m_context.id(),
          SystemEvent{QStringLiteral("history_gap"), text, Severity::Major}};
}

void SqlSink::scheduleRest() {
  if (!m_failing && !m_buffer.isEmpty() && !m_batchTimer.isActive()) m_batchTimer.start();
}

void SqlSink::setState(PluginState state, const QString &text) {
  if (state == m_state && text == m_stateText) return;
  m_state = state;
  m_stateText = text;
  Q_EMIT statusChanged(state, text);
}

}  // namespace tagwire::sql
