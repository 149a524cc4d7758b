// SPDX-License-Identifier: Apache-2.0
#include "remotealarms.h"

#include <QTimer>

#include "wire.h"

namespace tagwire::cluster {

namespace {

constexpr qsizetype mostHubs = 1000;

}  // namespace

PointNaming pointNaming(PluginContext &context, const RemotePoints &points, const Sender &from) {
  PointNaming naming;
  naming.nameOf = [&context](PointId id) {
    const auto point = context.points().point(id);
    return point ? point->fullName : QString();
  };
  // A point of that node, or one that is called the same here and there.
  naming.idOf = [&context, &points, &from](const QString &name) {
    const PointId there = points.find(from, name);
    return there != PointId::None ? there : context.points().find(name);
  };
  return naming;
}

RemoteAlarms::RemoteAlarms(PluginContext &context, const RemotePoints &points, QObject *owner, Send send)
    : m_context(context), m_naming(pointNaming(context, points, m_from)), m_owner(owner), m_send(std::move(send)) {}

void RemoteAlarms::heard(const Sender &hub, bool isSpeaking) {
  if (m_hubs.size() >= mostHubs && !m_hubs.contains(hub)) return;
  m_hubs[hub] = {m_context.clock().elapsed(), isSpeaking};
}

bool RemoteAlarms::isHeard(const Hub &hub) const { return m_context.clock().elapsed() - hub.heard < silence; }

std::optional<Sender> RemoteAlarms::speaker() const {
  // For a moment two may say so: who has said it last.
  std::optional<Sender> newest;
  Moment when{-1};
  for (auto hub = m_hubs.cbegin(); hub != m_hubs.cend(); ++hub) {
    if (!hub->isSpeaking || !isHeard(*hub) || hub->heard <= when) continue;
    newest = hub.key();
    when = hub->heard;
  }
  return newest;
}

QString RemoteAlarms::whyNobody() const {
  QStringList hubs;
  for (auto hub = m_hubs.cbegin(); hub != m_hubs.cend(); ++hub) {
    if (isHeard(*hub)) hubs << hub.key().node;
  }
  if (hubs.isEmpty()) return QStringLiteral("unreachable: no hub of the cluster is heard");
  return QStringLiteral("unreachable: none of the hubs tells of alarms at the moment (heard: %1)")
      .arg(hubs.join(QStringLiteral(", ")));
}

void RemoteAlarms::send(const Sender &hub, DeskCall call, const QCborArray &given, const Taker &take) {
  if (m_open.size() >= mostOpen) {
    return take(failure(QStringLiteral("unreachable: %1 questions wait for hubs already").arg(mostOpen)));
  }
  const quint64 number = Wire::newNumber();
  if (const auto sent = m_send(hub, number, encodeAsk(call, given)); !sent) {
    return take(failure(QStringLiteral("unreachable: ") + sent.error()));
  }
  m_open[number] = {hub.node, take, {}};
  QTimer::singleShot(patience, m_owner, [this, number, node = hub.node] {
    end(number,
        failure(QStringLiteral("unreachable: hub %1 did not answer within %2 s").arg(node).arg(patience.count())));
  });
}

void RemoteAlarms::end(quint64 number, const Result<QCborValue> &outcome) {
  const auto found = m_open.find(number);
  if (found == m_open.end()) return;
  const Taker take = std::move(found->second.take);
  m_open.erase(found);
  take(outcome);
}

void RemoteAlarms::answered(quint64 number, const QByteArray &message, bool isNobody) {
  const auto found = m_open.find(number);
  if (found == m_open.end()) return;
  if (isNobody) {
    return end(number, failure(QStringLiteral("unreachable: hub %1 is away").arg(found->second.hub)));
  }
  if (found->second.parts.add(message)) end(number, found->second.parts.answer());
}

void RemoteAlarms::clear() {
  m_hubs.clear();
  while (!m_open.empty()) end(m_open.begin()->first, failure(QStringLiteral("unreachable: this node is stopping")));
}

}  // namespace tagwire::cluster
