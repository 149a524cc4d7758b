// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>
#include <variant>

#include "metrics.h"
#include "plugin.h"
#include "pointtrace.h"

namespace tagwire {

/// Stands between the hub and one sink: a bounded queue in order of arrival, one hand-over in flight. A sink in the
/// host's thread that keeps up gets each batch at once, without a queue. Thread-bound to the host thread; owned by the
/// sink's PluginInstance.
class TAGWIRE_EXPORT SinkRunner : public QObject {
  Q_OBJECT
 public:
  struct Bounds {
    qsizetype samples = 100'000;  ///< over it the oldest are dropped
    qsizetype events = 200'000;   ///< likewise, an error in the log: all alarms of a site may come at once, twice
    qsizetype handOver = 10'000;  ///< most samples in one write(), and most events on the way into another thread
  };

  /// `plugin` is the same object as `sink`.
  SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log, const Clock &clock,
             Bounds bounds);
  SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log, const Clock &clock);
  /// Tells `trace` (not owned) when the sink, the instance `id`, gets and has taken the values that it follows.
  void follow(PointTrace *trace, const QString &id);

  /// Hands over from now on; before it, things queue.
  void open();
  /// Hands over nothing more. What is queued stays for the next open().
  void close();

  /// What waits for the sink; it waits here no more.
  struct Backlog;
  Backlog takeBacklog();
  /// What waited for the one that this sink replaces; before open().
  void take(Backlog backlog);
  /// What was not taken, and now never will be.
  struct Untaken {
    qsizetype samples = 0;
    qsizetype events = 0;
    qsizetype onTheirWay = 0;  ///< samples and events that the sink has been given, and did not say that it is done
    bool isAny() const { return samples + events + onTheirWay > 0; }
  };
  /// Lets go of what waits.
  Untaken giveUp();

  void offer(const Samples &samples);
  void offer(const Event &event);
  /// Nothing queued and nothing in flight.
  bool isIdle() const { return m_queue.empty() && !m_inFlight; }

 Q_SIGNALS:
  /// The sink threw.
  void failed(const QString &what);

 private:
  using Item = std::variant<Samples, Event>;

  void handOver();
  void handOverSamples();
  void handOverEvents();
  void done();
  void observe(const Samples &part);
  void traceHandOver(const Samples &batch);
  void dropOldest();
  void markGaps();
  void mark(const char *kind, const QString &text);
  Event takeEvent();
  template <class Call>
  void inPluginThread(Call call);

  Plugin *m_plugin;
  Sink *m_sink;
  const QLoggingCategory &m_log;
  const Clock &m_clock;
  Bounds m_bounds;
  std::deque<Item> m_queue;
  qsizetype m_queuedSamples = 0;
  qsizetype m_queuedEvents = 0;
  quint64 m_gap = 0;       ///< samples dropped since the last gap marker
  quint64 m_eventGap = 0;  ///< events likewise
  bool m_open = false;
  bool m_inFlight = false;
  qsizetype m_countInFlight = 0;
  bool m_handingOver = false;
  bool m_overflowing = false;
  PointTrace *m_trace = nullptr;
  QString m_id;
  Samples m_tracedInFlight;
  std::chrono::nanoseconds m_handedOverAt{0};
  Counter m_droppedSamples;
  Counter m_droppedEvents;
  Counter m_handedOver;
  Gauge m_depth;
  Gauge m_eventDepth;
  Histogram m_latency;
  Histogram m_writeTime;
};

struct SinkRunner::Backlog {
  std::deque<Item> queue;
  qsizetype samples = 0;
  qsizetype events = 0;
  quint64 gap = 0;
  quint64 eventGap = 0;
};

}  // namespace tagwire
