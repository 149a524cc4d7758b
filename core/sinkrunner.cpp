// SPDX-License-Identifier: Apache-2.0
#include "sinkrunner.h"

#include <QThread>

#include "guard.h"

namespace tagwire {

SinkRunner::SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log, const Clock &clock)
    : SinkRunner(plugin, sink, metrics, log, clock, Bounds()) {}

SinkRunner::SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log, const Clock &clock,
                       Bounds bounds)
    : m_plugin(plugin),
      m_sink(sink),
      m_log(log),
      m_clock(clock),
      m_bounds(bounds),
      m_droppedSamples(metrics.counter("tagwire_sink_dropped_samples_total", "Samples dropped before a sink took them",
                                       {{"reason", "queue_full"}})),
      m_droppedEvents(metrics.counter("tagwire_sink_dropped_events_total", "Events dropped before a sink took them",
                                      {{"reason", "queue_full"}})),
      m_handedOver(metrics.counter("tagwire_sink_samples_total", "Samples handed over to a sink")),
      m_depth(metrics.gauge("tagwire_sink_queue_samples", "Samples that wait for a sink")),
      m_eventDepth(metrics.gauge("tagwire_sink_queue_events", "Events that wait for a sink")),
      m_latency(metrics.histogram("tagwire_sink_latency_seconds",
                                  "From the source time of samples to their hand-over to a sink, by batch")),
      m_writeTime(metrics.histogram("tagwire_sink_write_seconds", "Time that a sink took for one hand-over")) {
  connect(plugin, &Plugin::written, this, &SinkRunner::done);
}

void SinkRunner::follow(PointTrace *trace, const QString &id) {
  m_trace = trace;
  m_id = id;
}

void SinkRunner::open() {
  m_open = true;
  m_inFlight = false;
  handOver();
}

void SinkRunner::close() {
  m_open = false;
  m_inFlight = false;
  m_handedOverAt = {};
  m_tracedInFlight.clear();
}

SinkRunner::Backlog SinkRunner::takeBacklog() {
  return {std::exchange(m_queue, {}), std::exchange(m_queuedSamples, 0), std::exchange(m_queuedEvents, 0),
          std::exchange(m_gap, 0), std::exchange(m_eventGap, 0)};
}

void SinkRunner::take(Backlog backlog) {
  m_queue.insert(m_queue.begin(), std::make_move_iterator(backlog.queue.begin()),
                 std::make_move_iterator(backlog.queue.end()));
  m_queuedSamples += backlog.samples;
  m_queuedEvents += backlog.events;
  m_gap += backlog.gap;
  m_eventGap += backlog.eventGap;
}

SinkRunner::Untaken SinkRunner::giveUp() {
  const Backlog lost = takeBacklog();
  m_overflowing = false;
  m_depth.set(0);
  m_eventDepth.set(0);
  return {lost.samples, lost.events, m_inFlight ? m_countInFlight : 0};
}

void SinkRunner::offer(const Samples &samples) {
  if (samples.isEmpty()) return;
  m_queue.emplace_back(samples);
  m_queuedSamples += samples.size();
  handOver();
  while (m_queuedSamples > m_bounds.samples) dropOldest();
}

void SinkRunner::offer(const Event &event) {
  m_queue.emplace_back(event);
  ++m_queuedEvents;
  handOver();
  if (m_queuedEvents <= m_bounds.events) return;
  const auto oldest = std::find_if(m_queue.begin(), m_queue.end(), [](const Item &item) { return item.index() == 1; });
  m_queue.erase(oldest);
  --m_queuedEvents;
  ++m_eventGap;
  m_droppedEvents.add();
  if (!std::exchange(m_overflowing, true)) {
    qCCritical(m_log) << "the queue of events is full: the oldest are dropped and counted";
  }
}

void SinkRunner::dropOldest() {
  const auto oldest = std::find_if(m_queue.begin(), m_queue.end(), [](const Item &item) { return item.index() == 0; });
  const auto lost = std::get<Samples>(*oldest).size();
  m_queue.erase(oldest);
  m_queuedSamples -= lost;
  m_gap += static_cast<quint64>(lost);
  m_droppedSamples.add(static_cast<double>(lost));
  if (!std::exchange(m_overflowing, true)) {
    qCWarning(m_log) << "takes samples too slowly: the oldest are dropped and counted";
  }
}

/// What was dropped leaves a marker in the sink's own stream, so that a reader of history sees the gap.
void SinkRunner::markGaps() {
  if (m_gap > 0) {
    mark("samples_dropped",
         QStringLiteral("%1 samples were dropped before this sink took them").arg(std::exchange(m_gap, 0)));
  }
  if (m_eventGap > 0) {
    mark("events_dropped",
         QStringLiteral("%1 events were dropped before this sink took them").arg(std::exchange(m_eventGap, 0)));
  }
}

void SinkRunner::mark(const char *kind, const QString &text) {
  m_queue.emplace_front(Event{0, m_clock.now(), QStringLiteral("tagwire"),
                              SystemEvent{QString::fromLatin1(kind), text, Severity::Major}});
  ++m_queuedEvents;
}

void SinkRunner::handOver() {
  // A sink in our own thread says `written` from within write(): the loop goes on, it is not entered twice.
  if (m_handingOver) return;
  m_handingOver = true;
  while (m_open && !m_inFlight && !m_queue.empty()) {
    markGaps();
    if (m_queue.front().index() == 0) {
      handOverSamples();
    } else {
      handOverEvents();
    }
  }
  m_handingOver = false;
  if (m_queue.empty() && std::exchange(m_overflowing, false)) qCInfo(m_log) << "keeps up again";
  m_depth.set(static_cast<double>(m_queuedSamples));
  m_eventDepth.set(static_cast<double>(m_queuedEvents));
}

void SinkRunner::handOverSamples() {
  Samples batch;
  if (Samples &front = std::get<Samples>(m_queue.front()); front.size() > m_bounds.handOver) {
    batch = front.first(m_bounds.handOver);
    front.remove(0, m_bounds.handOver);
  } else {
    batch = std::move(front);
    m_queue.pop_front();
  }
  observe(batch);
  while (!m_queue.empty() && m_queue.front().index() == 0 &&
         batch.size() + std::get<Samples>(m_queue.front()).size() <= m_bounds.handOver) {
    observe(std::get<Samples>(m_queue.front()));
    batch += std::get<Samples>(m_queue.front());
    m_queue.pop_front();
  }
  m_queuedSamples -= batch.size();
  m_inFlight = true;
  m_countInFlight = batch.size();
  m_handedOver.add(static_cast<double>(batch.size()));
  if (m_trace && m_trace->isOn()) traceHandOver(batch);
  m_handedOverAt = m_clock.elapsed();
  inPluginThread([sink = m_sink, batch] { sink->write(batch); });
}

Event SinkRunner::takeEvent() {
  Event event = std::move(std::get<Event>(m_queue.front()));
  m_queue.pop_front();
  --m_queuedEvents;
  return event;
}

/// An event has no `written`: in our own thread it is done when notify() returns. Into another thread all that stand
/// together go at once, for one at a time would be slower than they come.
void SinkRunner::handOverEvents() {
  if (m_plugin->thread() == thread()) {
    inPluginThread([sink = m_sink, event = takeEvent()] { sink->notify(event); });
    return;
  }
  QList<Event> events;
  while (!m_queue.empty() && m_queue.front().index() == 1 && events.size() < m_bounds.handOver) events << takeEvent();
  m_inFlight = true;
  m_countInFlight = events.size();
  for (const Event &event : std::as_const(events)) {
    inPluginThread([sink = m_sink, event] { sink->notify(event); });
  }
  QMetaObject::invokeMethod(
      m_plugin, [this] { QMetaObject::invokeMethod(this, &SinkRunner::done, Qt::QueuedConnection); },
      Qt::QueuedConnection);
}

template <class Call>
void SinkRunner::inPluginThread(Call call) {
  auto guarded = [this, call = std::move(call)] {
    const QString what = guard(call);
    if (!what.isEmpty())
      QMetaObject::invokeMethod(
          this, [this, what] { Q_EMIT failed(what); }, Qt::QueuedConnection);
  };
  if (m_plugin->thread() == thread()) {
    guarded();
  } else {
    QMetaObject::invokeMethod(m_plugin, std::move(guarded), Qt::QueuedConnection);
  }
}

/// A batch is of one moment, as a rule: its first sample stands for all of them.
void SinkRunner::observe(const Samples &part) {
  if (part.first().time == Time()) return;  // never read
  const auto age = m_clock.now() - part.first().time;
  m_latency.observe(std::max(0.0, std::chrono::duration<double>(age).count()));
}

void SinkRunner::traceHandOver(const Samples &batch) {
  m_tracedInFlight = m_trace->tracedOf(batch);
  m_trace->reached(m_tracedInFlight, "handed_over", m_id);
}

void SinkRunner::done() {
  if (m_handedOverAt.count() != 0) {
    const auto took = m_clock.elapsed() - std::exchange(m_handedOverAt, std::chrono::nanoseconds(0));
    m_writeTime.observe(std::chrono::duration<double>(took).count());
  }
  if (!m_tracedInFlight.isEmpty()) m_trace->reached(std::exchange(m_tracedInFlight, {}), "taken", m_id);
  m_inFlight = false;
  handOver();
}

}  // namespace tagwire
