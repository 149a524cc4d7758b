// SPDX-License-Identifier: Apache-2.0
#include "lineintake.h"

#include <array>

#include "fixline.h"

namespace tagwire::rtls {

namespace {

constexpr std::array dropNames{"sender", "connections", "too_long", "too_many", "timeout", "kernel", "answer"};

}  // namespace

LineIntake::LineIntake(PluginContext &context, Take take)
    : m_context(context),
      m_take(std::move(take)),
      m_lines(context.metrics().counter("tagwire_rtls_intake_lines_total", "Lines that the listeners took in")),
      m_malformed(context.metrics().counter("tagwire_rtls_fixes_refused_total", "Fixes that were not taken",
                                            {{"reason", "malformed"}})),
      m_connections(context.metrics().gauge("tagwire_rtls_intake_connections", "Senders connected over TCP")) {
  for (const char *name : dropNames) {
    m_drops.push_back(context.metrics().counter("tagwire_rtls_intake_dropped_total",
                                                "What the listeners dropped before it was read", {{"reason", name}}));
  }
}

Result<void> LineIntake::take(const QByteArray &line, const QString &connection, const QString &sender) {
  m_lines.add();
  const auto taken = handOn(line, connection);
  if (!taken) {
    say(sender, taken.error());
  } else if (m_senders.taken(sender, m_context.clock().elapsed())) {
    qCInfo(m_context.log()).noquote() << "fixes of" << sender << "are taken again";
  }
  return taken;
}

Result<void> LineIntake::handOn(const QByteArray &line, const QString &connection) {
  auto fix = fixFromLine(line, m_context.site().timeZone);
  if (!fix) {
    m_malformed.add();
    return failure(fix.error());
  }
  fix->sender = connection;
  return m_take(*fix);
}

void LineIntake::drop(Drop reason, const QString &sender, const QString &text, int count) {
  m_drops[static_cast<size_t>(reason)].add(count);
  say(sender, text);
}

void LineIntake::connected(int connections) { m_connections.set(connections); }

void LineIntake::say(const QString &sender, const QString &text) {
  if (!m_senders.refused(sender, m_context.clock().elapsed())) return;
  qCWarning(m_context.log()).noquote() << "fixes of" << sender << "are refused:" << text
                                       << "(said once; refusals are counted)";
}

}  // namespace tagwire::rtls
