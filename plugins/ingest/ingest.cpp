// SPDX-License-Identifier: Apache-2.0
#include "ingest.h"

namespace tagwire::ingest {

namespace {

constexpr std::chrono::milliseconds staleCheck{500};

QList<PointInfo> infos(const IngestConfig &config) {
  QList<PointInfo> all;
  for (const PointConfig &point : config.points) all << point.info();
  return all;
}

}  // namespace

Ingest::Ingest(const IngestConfig &config, PluginContext &context)
    : m_context(context),
      m_points(config.points, context.declare(infos(config))),
      m_accepted(context.metrics().counter("tagwire_ingest_accepted_total", "Values that were accepted")),
      m_rejected(
          context.metrics().counter("tagwire_ingest_rejected_total", "Values that were refused, with a reason")) {
  connect(&m_timer, &QTimer::timeout, this, &Ingest::findStale);
}

void Ingest::start() {
  m_isRunning = true;
  if (m_points.canBecomeStale()) m_timer.start(staleCheck);
  Q_EMIT statusChanged(PluginState::Running, QString());
}

void Ingest::stop() {
  m_isRunning = false;
  m_timer.stop();
}

/// Virtual points are declared read-only: values come by the desk, and no command reaches us.
void Ingest::execute(const Command &) {}

void Ingest::take(Reply<QStringList> reply, QList<IngestValue> values) {
  if (!m_isRunning) return reply(failure(QStringLiteral("%1 is not running").arg(m_context.id())));
  const auto outcome = m_points.take(values, m_context.clock().now(), m_context.clock().elapsed());
  m_accepted.add(static_cast<double>(outcome.accepted.size()));
  m_rejected.add(static_cast<double>(values.size() - outcome.accepted.size()));
  if (!outcome.accepted.isEmpty()) Q_EMIT samplesReady(outcome.accepted);
  reply(outcome.reasons);
}

void Ingest::findStale() {
  const Samples stale = m_points.findStale(m_context.clock().now(), m_context.clock().elapsed());
  if (!stale.isEmpty()) Q_EMIT samplesReady(stale);
}

}  // namespace tagwire::ingest
