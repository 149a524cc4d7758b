// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "panelprotocol.h"
#include "replayring.h"

namespace tagwire::ws {

/// The panel's messages as event streams (R5-13): what a stream carries stands in its query, and one that was broken
/// off goes on where it ended. Positions are ours ("<run>-<number>", one number for each batch and event as we get
/// it): the hub's may be ahead of what we have been handed. Thread-bound (main thread); owned by the gateway.
class PanelEvents : public PanelProtocol {
 public:
  PanelEvents(PluginContext &context, const Limits &limits);

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  void received(Session &, const QByteArray &) override {}
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void flush() override;
  void tick(Time now) override;

 private:
  /// A point that somebody watches, or watched until not long ago.
  struct Kept {
    quint64 since = 0;  ///< the ring has all its samples after this number
    std::chrono::nanoseconds seen{0};
  };
  using Missed = QList<std::variant<Sample, Frame>>;

  QByteArray positionText() const;
  /// Nothing when it is no position of ours, or what came after it is not there any more.
  std::optional<quint64> resumable(const QByteArray &position) const;
  void keep(PointId point);
  void begin(PanelClient &client, const QList<PointId> &points);
  /// False: too much for one client.
  bool resume(PanelClient &client, const QList<PointId> &points, quint64 number);
  Missed missed(const PanelClient &client, quint64 number) const;
  void mark(PanelClient &client);

  const QByteArray m_run;
  quint64 m_newest = 0;
  ReplayRing m_ring;
  QHash<PointId, Kept> m_kept;
  Counter m_resumed;
  Counter m_gaps;
};

}  // namespace tagwire::ws
