// SPDX-License-Identifier: Apache-2.0
#include "alarmfilter.h"

#include <QJsonArray>

#include <algorithm>

#include "alarmactions.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int mostFilterEntries = 1000;

/// The list under `key`: nothing when it is absent.
Result<std::optional<QJsonArray>> filterList(const QJsonObject &message, QLatin1String key) {
  const QJsonValue value = message.value(key);
  if (value.isUndefined() || value.isNull()) return std::optional<QJsonArray>();
  const QJsonArray list = value.toArray();
  if (!value.isArray() || list.isEmpty() || list.size() > mostFilterEntries) {
    return failure(QStringLiteral("%1 must be a list of 1 to %2 entries (leave it out to get all)")
                       .arg(key)
                       .arg(mostFilterEntries));
  }
  return std::optional(list);
}

Result<QSet<int>> rulesFrom(const QJsonArray &list) {
  QSet<int> rules;
  for (const QJsonValue &each : list) {
    const auto rule = readRuleId(each);
    if (!rule) return failure(QStringLiteral("rules must hold rule ids (whole numbers)"));
    rules.insert(*rule);
  }
  return rules;
}

Result<QSet<Severity>> severitiesFrom(const QJsonArray &list) {
  QSet<Severity> severities;
  for (const QJsonValue &each : list) {
    const auto severity = severityFrom(each.toString());
    if (!severity) return failure(QStringLiteral("severities may hold critical, major, minor and info"));
    severities.insert(*severity);
  }
  return severities;
}

Result<QList<PathPattern>> areasFrom(const QJsonArray &list) {
  QList<PathPattern> areas;
  for (const QJsonValue &each : list) {
    if (!each.isString()) return failure(QStringLiteral("areas must hold texts such as \"cold-store/*\""));
    const auto pattern = PathPattern::fromText(each.toString());
    if (!pattern) return failure(QStringLiteral("areas: \"%1\" %2").arg(excerpt(each.toString()), pattern.error()));
    areas.append(*pattern);
  }
  return areas;
}

/// Reads the list under `key` with `read` into `into`; an error text, or empty.
template <class T>
QString readList(const QJsonObject &message, const char *key, Result<T> (*read)(const QJsonArray &),
                 std::optional<T> &into) {
  const auto list = filterList(message, QLatin1String(key));
  if (!list) return list.error();
  if (!*list) return {};
  auto entries = read(**list);
  if (!entries) return entries.error();
  into = std::move(*entries);
  return {};
}

}  // namespace

std::optional<Severity> severityFrom(const QString &word) {
  for (const Severity each : {Severity::Info, Severity::Minor, Severity::Major, Severity::Critical}) {
    if (word == toText(each)) return each;
  }
  return std::nullopt;
}

Result<AlarmFilter> AlarmFilter::fromJson(const QJsonObject &message) {
  AlarmFilter filter;
  for (const QString &wrong : {readList(message, "rules", rulesFrom, filter.rules),
                               readList(message, "severities", severitiesFrom, filter.severities),
                               readList(message, "areas", areasFrom, filter.areas)}) {
    if (!wrong.isEmpty()) return failure(wrong);
  }
  return filter;
}

bool AlarmFilter::admits(int rule, Severity severity, const QString &area) const {
  if (rules && !rules->contains(rule)) return false;
  if (severities && !severities->contains(severity)) return false;
  return !areas ||
         std::any_of(areas->begin(), areas->end(), [&](const PathPattern &pattern) { return pattern.matches(area); });
}

}  // namespace tagwire::ws
