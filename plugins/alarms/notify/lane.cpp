// SPDX-License-Identifier: Apache-2.0
#include "notify/lane.h"

namespace tagwire::alarms {

Lane::Lane(const NotificationTarget &target, PluginContext &context, Tell tell)
    : m_target(target),
      m_context(context),
      m_tell(std::move(tell)),
      m_queue({.giveUpAfter = target.giveUpAfter, .perMinute = target.rateLimit, .group = target.group}),
      m_delivered(context.metrics().counter("tagwire_alarms_notices_delivered_total", "Notices that a target has taken",
                                            labels())),
      m_failed(context.metrics().counter("tagwire_alarms_notice_failures_total",
                                         "Attempts to tell a target that failed", labels())),
      m_waiting(context.metrics().gauge("tagwire_alarms_notices_waiting", "Notices that a target has yet to take",
                                        labels())) {}

Counter Lane::givenUp(const char *reason) {
  Metrics::Labels all = labels();
  all.emplace("reason", reason);
  return m_context.metrics().counter("tagwire_alarms_notices_given_up_total", "Notices that a target never got", all);
}

bool Lane::add(const Notice &notice) {
  if (m_queue.add(notice, m_context.clock().now(), m_context.clock().elapsed())) {
    m_waiting.set(static_cast<double>(m_queue.size()));
    return true;
  }
  givenUp("full").add();
  if (!m_isFull) {
    qCWarning(m_context.log()).noquote() << "notification target" << m_target.id << "has" << TargetQueue::mostWaiting
                                         << "notices waiting: new ones are given up until there is room";
  }
  m_isFull = true;
  return false;
}

void Lane::open(Transfers *transfers) { m_channel = makeChannel(m_target, m_context.clock(), transfers); }

void Lane::close() {
  m_channel.reset();
  m_queue.release();
}

std::optional<TargetQueue::Elapsed> Lane::due() const { return m_queue.due(m_context.clock().elapsed()); }

void Lane::look() {
  const QList<Notice> notices = m_queue.take(m_context.clock().elapsed());
  if (notices.isEmpty()) return;
  m_channel->send(messageOf(notices, m_target, m_context.id()), [this](const Outcome &outcome) { ended(outcome); });
}

void Lane::ended(const Outcome &outcome) {
  const int failuresBefore = m_queue.failures();
  News news;
  if (outcome.kind == Outcome::Kind::Delivered) {
    news.settled = m_queue.delivered();
    m_delivered.add(static_cast<double>(news.settled.size()));
  } else {
    const Time now = m_context.clock().now();
    const auto elapsed = m_context.clock().elapsed();
    const auto failure = outcome.kind == Outcome::Kind::Refused ? m_queue.refused(now, elapsed)
                                                                : m_queue.failed(now, elapsed, outcome.retryAfter);
    news = {failure.givenUp, failure.postponed};
    m_failed.add();
    if (!news.settled.isEmpty()) {
      givenUp(failure.isRefusal ? "refused" : "old").add(static_cast<double>(news.settled.size()));
    }
  }
  m_waiting.set(static_cast<double>(m_queue.size()));
  if (m_queue.size() < TargetQueue::mostWaiting) m_isFull = false;
  logChange(outcome, failuresBefore);
  m_tell(news);
}

void Lane::logChange(const Outcome &outcome, int failuresBefore) {
  const QLoggingCategory &log = m_context.log();
  const bool isDelivered = outcome.kind == Outcome::Kind::Delivered;
  if (!isDelivered && failuresBefore == 0) {
    qCWarning(log).noquote() << "notification target" << m_target.id
                             << "was not told:" << outcome.reason + QStringLiteral("; it is tried again");
  } else if (isDelivered && failuresBefore > 0) {
    qCInfo(log).noquote() << "notification target" << m_target.id << "works again after" << failuresBefore
                          << "attempts that failed";
  }
  const QString part = isDelivered && outcome.reason.startsWith(QLatin1String("refused")) ? outcome.reason : QString();
  if (isDelivered && part != m_partTrouble) {
    if (!part.isEmpty()) {
      qCWarning(log).noquote() << "notification target" << m_target.id << "works, but was" << part;
    }
    m_partTrouble = part;
  }
}

}  // namespace tagwire::alarms
