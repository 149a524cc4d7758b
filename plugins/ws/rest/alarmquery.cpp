// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmquery.h"

#include <algorithm>

#include "alarmactions.h"
#include "alarmhistory.h"
#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostAlarmsPerPage = 10000;
constexpr qint64 usualHistoryPage = 1000;
constexpr qsizetype mostRulesAsked = 1000;

/// The words under `key` as values of T; errors name those that are allowed.
template <class T>
Result<QList<T>> wordsAt(const Target &target, const char *key, std::initializer_list<T> all) {
  QList<T> found;
  for (const QString &word : target.words(key)) {
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](T each) { return word.compare(toText(each), Qt::CaseInsensitive) == 0; });
    if (same == all.end()) {
      QStringList allowed;
      for (const T each : all) allowed << toText(each);
      return failure(QStringLiteral("%1 \"%2\" is wrong (allowed: %3)")
                         .arg(QLatin1String(key), excerpt(word), allowed.join(QStringLiteral(", "))));
    }
    found << *same;
  }
  return found;
}

Result<QList<AlarmState>> statesAt(const Target &target) {
  return wordsAt(target, "state", {AlarmState::Ok, AlarmState::Warning, AlarmState::Alarm});
}

Result<QList<PathPattern>> areasAt(const Target &target) {
  QList<PathPattern> areas;
  for (const QString &text : target.values("area")) {
    const auto pattern = PathPattern::fromText(text);
    if (!pattern) return failure(QStringLiteral("area \"%1\" %2").arg(excerpt(text), pattern.error()));
    areas << *pattern;
  }
  return areas;
}

Result<std::optional<Time>> queryTime(const Target &target, const char *key) {
  const auto text = target.value(key);
  if (!text) return std::optional<Time>();
  const auto time = historyTime(*text, key);
  if (!time) return failure(time.error());
  return std::optional(*time);
}

}  // namespace

Result<AlarmListQuery> AlarmListQuery::fromTarget(const Target &target) {
  AlarmListQuery query;
  const auto states = statesAt(target);
  if (!states) return failure(states.error());
  using Condition = AlarmCondition;
  const auto conditions = wordsAt(
      target, "condition",
      {Condition::Normal, Condition::UnacknowledgedActive, Condition::AcknowledgedActive, Condition::RtnUnacknowledged,
       Condition::Latched, Condition::Shelved, Condition::SuppressedByDesign, Condition::OutOfService});
  if (!conditions) return failure(conditions.error());
  const auto severities =
      wordsAt(target, "severity", {Severity::Critical, Severity::Major, Severity::Minor, Severity::Info});
  if (!severities) return failure(severities.error());
  const auto areas = areasAt(target);
  if (!areas) return failure(areas.error());
  const auto limit = target.wholeNumber("limit", 1, mostAlarmsPerPage, mostAlarmsPerPage);
  if (!limit) return failure(limit.error());
  const auto offset = target.wholeNumber("offset", 0, 1'000'000'000, 0);
  if (!offset) return failure(offset.error());
  return AlarmListQuery{*states, *conditions, *severities, *areas, *limit, *offset};
}

bool AlarmListQuery::admits(const AlarmTransition &alarm) const {
  const auto matches = [&](const PathPattern &pattern) { return pattern.matches(alarm.area); };
  return (states.isEmpty() || states.contains(alarm.state)) &&
         (conditions.isEmpty() || conditions.contains(alarm.condition)) &&
         (severities.isEmpty() || severities.contains(alarm.severity)) &&
         (areas.isEmpty() || std::any_of(areas.begin(), areas.end(), matches));
}

Result<TimeRange> TimeRange::fromTarget(const Target &target) {
  const auto from = queryTime(target, "from");
  if (!from) return failure(from.error());
  const auto to = queryTime(target, "to");
  if (!to) return failure(to.error());
  if (*from && *to && **from >= **to) return failure(QStringLiteral("from must be before to"));
  return TimeRange{*from, *to};
}

Result<AlarmHistoryQuery> historyQuery(const Target &target) {
  const auto range = TimeRange::fromTarget(target);
  if (!range) return failure(range.error());
  AlarmHistoryQuery query;
  query.from = range->from;
  query.to = range->to;
  const QStringList rules = target.words("rule");
  if (rules.size() > mostRulesAsked) return failure(QStringLiteral("rule names too many (allowed: 1000)"));
  for (const QString &text : rules) {
    const auto rule = ruleIdFromText(text);
    if (!rule) return failure(QStringLiteral("rule is wrong: ") + rule.error());
    query.rules << *rule;
  }
  const auto states = statesAt(target);
  if (!states) return failure(states.error());
  query.states = *states;
  const auto limit = target.wholeNumber("limit", 1, mostAlarmsPerPage, usualHistoryPage);
  if (!limit) return failure(limit.error());
  query.limit = static_cast<int>(*limit);
  const QString order = target.value("order").value_or(QStringLiteral("asc"));
  if (order != u"asc" && order != u"desc") {
    return failure(QStringLiteral("order \"%1\" is wrong (allowed: asc, desc)").arg(excerpt(order)));
  }
  query.newestFirst = order == u"desc";
  return query;
}

}  // namespace tagwire::ws
