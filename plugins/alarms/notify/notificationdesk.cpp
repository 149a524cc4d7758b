// SPDX-License-Identifier: Apache-2.0
#include "notify/notificationdesk.h"

#include <QTimer>

#include <algorithm>
#include <vector>

#include "notify/lane.h"
#include "notify/message.h"
#include "notify/routing.h"
#include "notify/transfers.h"

namespace tagwire::alarms {

/// The lanes, and the timer that wakes them. Thread-bound.
class NotificationDesk::Delivery {
 public:
  Delivery(NotificationDesk &desk, const NotificationsConfig &config, PluginContext &context)
      : m_desk(desk), m_context(context) {
    for (const NotificationTarget &target : config) {
      m_lanes.push_back(std::make_unique<Lane>(target, context,
                                               [this](const Lane::News &news) { tell(news.settled, news.postponed); }));
    }
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, &m_desk, [this] { look(); });
  }

  void start() {
    m_isRunning = true;
    for (const auto &lane : m_lanes) lane->open(transfersFor(lane->target().type));
    m_timer.start(0);
  }

  void stop() {
    m_isRunning = false;
    m_timer.stop();
    for (const auto &lane : m_lanes) lane->close();
    m_webTransfers.reset();
    m_mailTransfers.clear();
  }

  void add(const Notice &notice) {
    const auto lane = std::find_if(m_lanes.begin(), m_lanes.end(),
                                   [&](const auto &each) { return each->target().id == notice.target; });
    if (lane == m_lanes.end() || !(*lane)->add(notice)) m_forget << notice.id;
    if (m_isRunning) m_timer.start(0);
  }

  void look() {
    tell(std::exchange(m_forget, {}), {});
    for (const auto &lane : m_lanes) {
      if (m_isRunning) lane->look();
    }
    arm();
  }

 private:
  Transfers *transfersFor(TargetType type) {
    if (type == TargetType::Email) return m_mailTransfers.emplace_back(std::make_unique<Transfers>()).get();
    if (type == TargetType::Webhook && !m_webTransfers) m_webTransfers = std::make_unique<Transfers>();
    return m_webTransfers.get();
  }

  void tell(const QList<qint64> &settled, const QList<Notice> &postponed) {
    for (const qint64 id : settled) {
      if (m_isRunning) Q_EMIT m_desk.settled(id);
    }
    for (const Notice &notice : postponed) {
      if (m_isRunning) Q_EMIT m_desk.postponed(notice);
    }
    if (m_isRunning) m_timer.start(0);
  }

  void arm() {
    using std::chrono::milliseconds;
    if (!m_isRunning) return;
    std::optional<TargetQueue::Elapsed> first;
    for (const auto &lane : m_lanes) {
      const auto due = lane->due();
      if (due && (!first || *due < *first)) first = due;
    }
    if (!first) return m_timer.stop();
    const auto wait = std::chrono::ceil<milliseconds>(*first - m_context.clock().elapsed());
    m_timer.start(std::clamp(wait, milliseconds(0), milliseconds(TargetQueue::longestPause)));
  }

  NotificationDesk &m_desk;
  PluginContext &m_context;
  std::unique_ptr<Transfers> m_webTransfers;
  std::vector<std::unique_ptr<Transfers>> m_mailTransfers;
  std::vector<std::unique_ptr<Lane>> m_lanes;
  QList<qint64> m_forget;
  QTimer m_timer;
  bool m_isRunning = false;
};

NotificationDesk::NotificationDesk(NotificationsConfig config, PluginContext &context)
    : m_config(std::move(config)),
      m_context(context),
      m_delivery(std::make_unique<Delivery>(*this, m_config, context)) {}

NotificationDesk::~NotificationDesk() { m_delivery->stop(); }

QList<Notice> NotificationDesk::noticesFor(const Occasion &occasion, const std::function<qint64()> &nextId) const {
  QList<Notice> notices;
  QByteArray body;
  for (const NotificationTarget &target : m_config) {
    if (!isWanted(target, occasion)) continue;
    if (body.isEmpty()) body = bodyOf(occasion, m_context.id(), m_context.site(), m_context.points());
    notices.append({.id = nextId(),
                    .target = target.id,
                    .created = occasion.time,
                    .notBefore = occasion.time,
                    .attempts = 0,
                    .body = body});
  }
  return notices;
}

void NotificationDesk::restore(const QList<Notice> &notices) {
  for (const Notice &notice : notices) m_delivery->add(notice);
}

void NotificationDesk::send(const Notice &notice) { m_delivery->add(notice); }
void NotificationDesk::start() { m_delivery->start(); }
void NotificationDesk::stop() { m_delivery->stop(); }
void NotificationDesk::look() { m_delivery->look(); }

}  // namespace tagwire::alarms
