// SPDX-License-Identifier: Apache-2.0
// Cluster: clients that come from another node (marks.h).
#include "cluster.h"

namespace tagwire::cluster {

QString Cluster::streamOfMarks() const {
  return m_config.stream.name + u'@' + m_config.stream.domain.value_or(QString());
}

void Cluster::hand(const Samples &samples) {
  const quint64 before = m_context.sequence();
  Q_EMIT samplesReady(samples);
  m_marks.handed(m_context.sequence() > before);
}

void Cluster::hand(const Event &event) {
  const quint64 before = m_context.sequence();
  Q_EMIT eventRaised(event);
  m_marks.handed(m_context.sequence() > before);
}

void Cluster::markNow() {
  if (!m_live || !m_wire) return;
  if (m_publisher) {
    const PublisherFigures figures = m_publisher->figures();
    m_marks.confirmed(figures.confirmedGiven, figures.newestPosition);
  }
  m_owesMark = true;
  markIfSettled();
}

/// Not while our own samples wait for the spool: they have their numbers, and are not counted as given yet.
void Cluster::markIfSettled() {
  if (!m_owesMark || m_owesWritten || !m_live) return;
  m_isCaughtUp = m_isCaughtUp || m_live->isAllHandedOver();
  const auto position = m_marks.position();
  // Before that the bucket may have brought what the stream will bring, and has not been told again.
  if (!m_isCaughtUp || !position) return;
  m_owesMark = false;
  const quint64 sequence = m_context.sequence();
  m_marks.add(m_context.clock().elapsed(), sequence, m_publisher ? m_publisher->given() : 0);
  if (!m_publisher) m_marks.confirmed(0, 0);
  m_wire->sayMark(encode(Mark{m_context.epoch(), streamOfMarks(), sequence, *position}));
}

void Cluster::heardMark(const QByteArray &data) {
  const auto mark = decodeMark(data);
  if (!mark || mark->stream != streamOfMarks() || mark->epoch == m_context.epoch()) return;
  m_marks.heard(*mark, m_context.clock().elapsed());
}

void Cluster::expectsClients(Reply<bool> reply) { reply(m_live != nullptr); }

void Cluster::resumeAfter(Reply<ResumePoint> reply, QString epoch, quint64 after) {
  const auto sequence = m_marks.find(epoch, after);
  if (!sequence) return reply(failure(QStringLiteral("no node has said of late where it was at this number")));
  reply(ResumePoint{*sequence, ownPoints()});
}

/// Many clients come at once when a node dies.
std::shared_ptr<const QList<PointId>> Cluster::ownPoints() {
  const auto now = m_context.clock().elapsed();
  if (m_ownPoints && now - m_ownPointsAt < std::chrono::seconds(1)) return m_ownPoints;
  auto own = std::make_shared<QList<PointId>>();
  for (quint32 id = 1; id <= m_context.points().count(); ++id) {
    const auto point = static_cast<PointId>(id);
    const Sample &last = m_context.points().last(point);
    if (last.time != Time() && !m_points.owner(point)) own->append(point);
  }
  m_ownPoints = own;
  m_ownPointsAt = now;
  return m_ownPoints;
}

}  // namespace tagwire::cluster
