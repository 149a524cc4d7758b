// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.h"
#include "notify/channel.h"
#include "notify/targetqueue.h"

namespace tagwire::alarms {

/// Delivery to one target: its queue, the way to it, its metrics and its lines in the log. Thread-bound; owned by the
/// notification desk.
class Lane {
 public:
  /// What became of notices, after an attempt.
  struct News {
    QList<qint64> settled;
    QList<Notice> postponed;
  };
  /// May delete the channel (close()), not the lane.
  using Tell = std::function<void(const News &)>;

  Lane(const NotificationTarget &target, PluginContext &context, Tell tell);

  /// False: too many wait; it counts as given up.
  bool add(const Notice &notice);
  /// `transfers` as for makeChannel().
  void open(Transfers *transfers);
  /// An attempt under way is forgotten; its notices are due again.
  void close();
  /// Begins an attempt if one is due.
  void look();
  std::optional<TargetQueue::Elapsed> due() const;
  const NotificationTarget &target() const { return m_target; }

 private:
  void ended(const Outcome &outcome);
  void logChange(const Outcome &outcome, int failuresBefore);
  Counter givenUp(const char *reason);
  Metrics::Labels labels() const { return {{"target", m_target.id.toStdString()}}; }

  const NotificationTarget &m_target;
  PluginContext &m_context;
  const Tell m_tell;
  TargetQueue m_queue;
  std::unique_ptr<Channel> m_channel;
  bool m_isFull = false;
  QString m_partTrouble;  ///< as said in the log
  Counter m_delivered;
  Counter m_failed;
  Gauge m_waiting;
};

}  // namespace tagwire::alarms
