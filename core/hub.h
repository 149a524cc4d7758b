// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>
#include <functional>
#include <variant>
#include <vector>

#include "metrics.h"
#include "pointtable.h"
#include "pointtrace.h"
#include "sinkrunner.h"

namespace tagwire {

/// A part of the host that has to see at once what goes by, before any sink. Host thread; not owned by the hub.
class TAGWIRE_EXPORT HubWatcher {
 public:
  virtual ~HubWatcher();
  /// The samples of a batch that are of watched points, in their order; the table has the last values of the whole
  /// batch already.
  virtual void samplesPassed(const Samples &watched) = 0;
  virtual void eventPassed(const Event &event) = 0;
};

/// Joins sources and sinks: numbers every batch and event on receipt (that order is the order), keeps the last values,
/// and offers each to every sink but the plugin it came from. What a sink raises while it is served waits until all
/// sinks have the present one, so that all see the same order. Thread-bound to the host thread; owned by the Runtime.
class TAGWIRE_EXPORT Hub : public QObject {
  Q_OBJECT
 public:
  Hub(PointTable &points, Metrics &metrics);

  void addSink(const Plugin *plugin, SinkRunner *runner);
  void removeSink(const Plugin *plugin);

  /// From now on `watcher` sees every event and the samples of these points.
  void watch(HubWatcher *watcher, const QList<PointId> &points);
  void unwatch(HubWatcher *watcher);
  /// A plugin's status of a command that it does not let through goes nowhere. None: all pass.
  using StatusFilter = std::function<bool(const CommandStatus &status)>;
  void setStatusFilter(StatusFilter filter) { m_statusFilter = std::move(filter); }
  /// Is told of the values that it follows. Null (the default): nobody is. Not owned.
  void setTrace(PointTrace *trace) { m_trace = trace; }

  /// `from` is the plugin it comes from; null: the host.
  void publish(const Plugin *from, const Samples &samples);
  void raise(const Plugin *from, const Event &event);

  /// Number of the newest batch or event handed out.
  quint64 sequence() const { return m_sequence; }
  /// Nothing waits in the hub itself or in front of a sink.
  bool isIdle() const;

 Q_SIGNALS:
  /// A status of a command goes by; the command router listens.
  void commandStatus(const tagwire::CommandStatus &status);

 private:
  struct Item {
    const Plugin *from;
    std::variant<Samples, Event> content;
  };
  struct Route {
    const Plugin *plugin;
    SinkRunner *runner;
  };
  struct Watch {
    HubWatcher *watcher;
    std::vector<bool> isWatched;  ///< by point; a batch of others costs a look at one bit a sample
  };
  void enqueue(Item item);
  void dispatch();
  bool isPassed(const Item &item) const;
  void handOut(Item &item);
  void show(const Samples &samples);

  PointTable &m_points;
  std::vector<Route> m_routes;
  std::vector<Watch> m_watches;
  StatusFilter m_statusFilter;
  PointTrace *m_trace = nullptr;
  std::deque<Item> m_inbox;
  bool m_dispatching = false;
  quint64 m_sequence = 0;
  Counter m_samples;
  Counter m_batches;
  Counter m_events;
  Counter m_unknown;
};

}  // namespace tagwire
