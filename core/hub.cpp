// SPDX-License-Identifier: Apache-2.0
#include "hub.h"

#include <algorithm>

namespace tagwire {

namespace {
// Two sinks that answer each other's events for ever may not stop the loop.
constexpr int mostInOneTurn = 10'000;
}  // namespace

HubWatcher::~HubWatcher() = default;

Hub::Hub(PointTable &points, Metrics &metrics)
    : m_points(points),
      m_samples(metrics.counter("tagwire_hub_samples_total", "Samples that went through the hub")),
      m_batches(metrics.counter("tagwire_hub_batches_total", "Batches of samples that went through the hub")),
      m_events(metrics.counter("tagwire_hub_events_total", "Events that went through the hub")),
      m_unknown(metrics.counter("tagwire_hub_unknown_samples_total",
                                "Of the samples, those of a point that nobody declared: a fault of a plugin")) {}

void Hub::addSink(const Plugin *plugin, SinkRunner *runner) { m_routes.push_back({plugin, runner}); }

void Hub::removeSink(const Plugin *plugin) {
  std::erase_if(m_routes, [plugin](const Route &route) { return route.plugin == plugin; });
}

void Hub::watch(HubWatcher *watcher, const QList<PointId> &points) {
  unwatch(watcher);
  Watch watch{watcher, {}};
  for (const PointId point : points) {
    const auto index = static_cast<size_t>(point);
    if (index >= watch.isWatched.size()) watch.isWatched.resize(index + 1);
    watch.isWatched[index] = true;
  }
  m_watches.push_back(std::move(watch));
}

void Hub::unwatch(HubWatcher *watcher) {
  std::erase_if(m_watches, [watcher](const Watch &watch) { return watch.watcher == watcher; });
}

void Hub::publish(const Plugin *from, const Samples &samples) {
  if (!samples.isEmpty()) enqueue({from, samples});
}

void Hub::raise(const Plugin *from, const Event &event) { enqueue({from, event}); }

bool Hub::isIdle() const {
  return m_inbox.empty() &&
         std::all_of(m_routes.begin(), m_routes.end(), [](const Route &route) { return route.runner->isIdle(); });
}

void Hub::enqueue(Item item) {
  if (m_dispatching || !m_inbox.empty()) {
    m_inbox.push_back(std::move(item));
    return;
  }
  m_dispatching = true;
  handOut(item);
  m_dispatching = false;
  if (!m_inbox.empty()) dispatch();
}

void Hub::dispatch() {
  m_dispatching = true;
  for (int i = 0; i < mostInOneTurn && !m_inbox.empty(); ++i) {
    Item item = std::move(m_inbox.front());
    m_inbox.pop_front();
    handOut(item);
  }
  m_dispatching = false;
  if (!m_inbox.empty()) QMetaObject::invokeMethod(this, &Hub::dispatch, Qt::QueuedConnection);
}

void Hub::show(const Samples &samples) {
  for (const Watch &watch : m_watches) {
    const size_t count = watch.isWatched.size();
    if (count == 0) continue;
    Samples watched;
    for (const Sample &sample : samples) {
      const auto index = static_cast<size_t>(sample.point);
      if (index < count && watch.isWatched[index]) watched << sample;
    }
    if (!watched.isEmpty()) watch.watcher->samplesPassed(watched);
  }
}

bool Hub::isPassed(const Item &item) const {
  const auto *event = std::get_if<Event>(&item.content);
  const auto *status = event ? std::get_if<CommandStatus>(&event->body) : nullptr;
  return !status || !item.from || !m_statusFilter || m_statusFilter(*status);
}

void Hub::handOut(Item &item) {
  if (!isPassed(item)) return;
  ++m_sequence;
  if (const auto *samples = std::get_if<Samples>(&item.content)) {
    if (const size_t unknown = m_points.update(*samples)) m_unknown.add(static_cast<double>(unknown));
    m_batches.add();
    m_samples.add(static_cast<double>(samples->size()));
    if (m_trace && m_trace->isOn()) m_trace->received(m_trace->tracedOf(*samples));
    show(*samples);
    for (const Route &route : m_routes) {
      if (route.plugin != item.from) route.runner->offer(*samples);
    }
    return;
  }
  auto &event = std::get<Event>(item.content);
  event.sequence = m_sequence;
  m_events.add();
  for (const Watch &watch : m_watches) watch.watcher->eventPassed(event);
  for (const Route &route : m_routes) {
    if (route.plugin != item.from) route.runner->offer(event);
  }
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) Q_EMIT commandStatus(*status);
}

}  // namespace tagwire
