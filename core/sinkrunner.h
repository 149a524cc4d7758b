// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>
#include <variant>

#include "metrics.h"
#include "plugin.h"

namespace tagwire {

/// Stands between the hub and one sink: a bounded queue in order of arrival, one hand-over in flight. A sink in the
/// host's thread that keeps up gets each batch at once, without a queue. Thread-bound to the host thread; owned by the
/// sink's PluginInstance.
class TAGWIRE_EXPORT SinkRunner : public QObject {
  Q_OBJECT
 public:
  struct Bounds {
    qsizetype samples = 100'000;  ///< over it the oldest are dropped
    qsizetype events = 10'000;    ///< over it likewise, and it is an error in the log
    qsizetype handOver = 10'000;  ///< most samples in one write()
  };

  /// `plugin` is the same object as `sink`.
  SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log, Bounds bounds);
  SinkRunner(Plugin *plugin, Sink *sink, Metrics &metrics, const QLoggingCategory &log);

  /// Hands over from now on; before it, things queue.
  void open();
  /// Hands over nothing more. What is queued stays for the next open().
  void close();

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
  void handOverEvent();
  void done();
  void dropOldest();
  void markGap();
  template <class Call>
  void inPluginThread(Call call);

  Plugin *m_plugin;
  Sink *m_sink;
  const QLoggingCategory &m_log;
  Bounds m_bounds;
  std::deque<Item> m_queue;
  qsizetype m_queuedSamples = 0;
  qsizetype m_queuedEvents = 0;
  quint64 m_gap = 0;  ///< samples dropped since the last gap marker
  bool m_open = false;
  bool m_inFlight = false;
  bool m_handingOver = false;
  bool m_overflowing = false;
  Counter m_droppedSamples;
  Counter m_droppedEvents;
  Counter m_handedOver;
  Gauge m_depth;
};

}  // namespace tagwire
