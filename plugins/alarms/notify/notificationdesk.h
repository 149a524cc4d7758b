// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <functional>
#include <memory>

#include "context.h"
#include "event.h"
#include "notice.h"
#include "notificationconfig.h"

namespace tagwire::alarms {

/// Tells people of alarms: which targets want an occasion (severity, area, schedule, kind), in what words, and delivery
/// with retry, one at a time and in order for each target. It keeps nothing: its owner stores each notice before send()
/// and forgets it on settled(). A target that is down holds up no other. Thread-bound (host thread); owned by Alarms.
class NotificationDesk : public QObject {
  Q_OBJECT
 public:
  /// `config` is checked (checkNotifications).
  NotificationDesk(NotificationsConfig config, PluginContext &context);
  ~NotificationDesk() override;

  /// What is due to whom; `nextId` gives each notice its number.
  QList<Notice> noticesFor(const Occasion &occasion, const std::function<qint64()> &nextId) const;
  /// From the store, at start. Those of targets that the manifest does not name any more are settled at once.
  void restore(const QList<Notice> &notices);
  void send(const Notice &notice);
  /// Delivery begins (after start()) or ends; nothing is emitted after stop().
  void start();
  void stop();
  /// Begins what is due. Comes by itself; for tests that move the clock.
  void look();

 Q_SIGNALS:
  /// The target has it, or it is given up: forget it. Not from within restore(), send() or start().
  void settled(qint64 noticeId);
  /// An attempt failed: keep the new attempts and notBefore.
  void postponed(const tagwire::alarms::Notice &notice);

 private:
  class Delivery;
  NotificationsConfig m_config;
  PluginContext &m_context;
  std::unique_ptr<Delivery> m_delivery;
};

}  // namespace tagwire::alarms
