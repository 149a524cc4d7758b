// SPDX-License-Identifier: Apache-2.0
#include "rest/historydesk.h"

#include <algorithm>
#include <array>

#include "protocols/wirejson.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

/// Between two lines of the log about one instance while it fails, and without an error until it is well again.
constexpr std::chrono::seconds quiet{10};

QList<std::pair<QByteArray, QByteArray>> later() { return {{"Retry-After", "5"}}; }

/// The history's own words, which name no file and no address.
bool isHarmless(const QString &error) {
  static constexpr std::array beginnings{"the history is busy", "the history is closing"};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const char *each) { return error.startsWith(QLatin1String(each)); });
}

QString nameOfHistory(const QString &instance) {
  return instance.isEmpty() ? QStringLiteral("the history") : QStringLiteral("history \"%1\"").arg(instance);
}

}  // namespace

Refusal HistoryDesk::refusal(const QString &instance, std::optional<NoAnswer> none, const QString &error) {
  if (none == NoAnswer::Absent && instance.isEmpty()) {
    return {404, QStringLiteral("no instance keeps a history"), {}};
  }
  if (none == NoAnswer::Absent) {
    return {404, QStringLiteral("history \"%1\" is no instance that keeps one").arg(excerpt(instance)), {}};
  }
  if (none == NoAnswer::Down) return {503, nameOfHistory(instance) + QStringLiteral(" does not run"), later()};
  if (none || isHarmless(error)) return {503, error, later()};
  if (error.contains(QLatin1String("(allowed: "))) return {400, error, {}};
  noteTrouble(instance, error);
  return {503, QStringLiteral("the history can't be read now: its database is away"), later()};
}

/// Some questions may fail while others don't: that is one trouble, not one at each question.
void HistoryDesk::noteTrouble(const QString &instance, const QString &text) {
  Trouble &trouble = m_troubles[instance];
  const auto now = m_context.clock().elapsed();
  trouble.last = now;
  if (trouble.text == text || (!trouble.text.isEmpty() && now - trouble.told < quiet)) return;
  trouble.text = text;
  trouble.told = now;
  qCWarning(m_context.log()).noquote() << nameOfHistory(instance) << "can't be read for clients:" << text;
}

void HistoryDesk::noteAnswer(const QString &instance) {
  const auto trouble = m_troubles.constFind(instance);
  if (trouble == m_troubles.cend() || m_context.clock().elapsed() - trouble->last < quiet) return;
  m_troubles.erase(trouble);
  qCInfo(m_context.log()).noquote() << nameOfHistory(instance) << "can be read again";
}

}  // namespace tagwire::ws
