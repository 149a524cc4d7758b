// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

QString replacedReason() { return QStringLiteral("replaced by a new connection"); }

}  // namespace

Device::Device(const QString &id, QString home, std::shared_ptr<const Model> model, const QTimeZone &zone,
               QList<PointId> points)
    : m_id(id), m_home(std::move(home)), m_gatekeeper(id, std::move(model), zone), m_points(std::move(points)) {}

bool Device::isLive(std::chrono::nanoseconds now) const {
  return m_publisher && now - std::max(m_heard, m_publisher->answeredAt()) <= liveFor;
}

void Device::publish(Session &session, std::chrono::nanoseconds now) {
  Session *before = std::exchange(m_publisher, &session);
  m_heard = now;
  m_takenAway.reset();
  if (before) before->close(4409, replacedReason());
}

void Device::takeAway(std::chrono::nanoseconds now) {
  if (!m_publisher) return;
  m_takenAway = now;
  takeovers.count(now);
  m_publisher->close(4409, replacedReason());
}

void Device::watch(Session &session) {
  m_watchers.append({&session, false});
  if (m_hasLast) session.send(m_last);
}

bool Device::leave(const Session &session) {
  m_watchers.removeIf([&](const Watcher &each) { return each.session == &session; });
  if (m_publisher != &session) return false;
  m_publisher = nullptr;
  return true;
}

int Device::broadcast(const QByteArray &payload, std::chrono::nanoseconds now) {
  m_heard = now;
  m_last = Frame::text(payload);
  m_hasLast = true;
  int missed = 0;
  for (Watcher &watcher : m_watchers) {
    if (watcher.session->isCongested()) {
      missed += std::exchange(watcher.isBehind, true) ? 1 : 0;
    } else {
      watcher.isBehind = false;
      watcher.session->send(m_last);
    }
  }
  return missed;
}

void Device::drained(Session &session) {
  for (Watcher &watcher : m_watchers) {
    if (watcher.session == &session && std::exchange(watcher.isBehind, false)) session.send(m_last);
  }
}

void Device::closeAll(quint16 code, const QString &reason) {
  if (m_publisher) m_publisher->close(code, reason);
  for (const Watcher &watcher : std::as_const(m_watchers)) watcher.session->close(code, reason);
}

}  // namespace tagwire::ws
