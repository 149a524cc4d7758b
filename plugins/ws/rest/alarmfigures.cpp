// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmfigures.h"

#include <algorithm>

#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

using Count = AlarmStatistics::Count;

constexpr std::chrono::minutes slice{10};
constexpr qint64 flood = 10;  ///< alarms in a slice; more are one (EEMUA 191)
constexpr qsizetype topTen = 10;

QList<Count> mostFrequentOf(QList<Count> counts) {
  std::sort(counts.begin(), counts.end(), [](const Count &left, const Count &right) {
    return left.count != right.count ? left.count > right.count : left.ruleId < right.ruleId;
  });
  return counts.mid(0, topTen);
}

void putCounts(JsonText &json, const char *key, const QList<Count> &counts) {
  json.key(key);
  json.beginList();
  for (const Count &each : counts) {
    json.beginObject();
    json.put("rule_id", each.ruleId);
    json.put("rule_name", each.ruleName);
    if (!each.area.isEmpty()) json.put("area", each.area);
    json.put("count", each.count);
    json.endObject();
  }
  json.endList();
}

}  // namespace

void completeSlices(AlarmStatistics &figures) {
  const QList<qint64> &slices = figures.perTenMinutes;
  figures.peakPerTenMinutes = slices.isEmpty() ? 0 : *std::max_element(slices.begin(), slices.end());
  const auto floods = std::count_if(slices.begin(), slices.end(), [](qint64 count) { return count > flood; });
  figures.floodShare = slices.isEmpty() ? 0 : static_cast<double>(floods) / static_cast<double>(slices.size());
  const double minutes = std::chrono::duration<double, std::ratio<60>>(figures.to - figures.from).count();
  figures.averagePerTenMinutes = minutes > 0 ? static_cast<double>(figures.total) / minutes * 10 : 0;
}

AlarmFigures::AlarmFigures(Time from, Time to) {
  m_figures.from = from;
  m_figures.to = to;
  const auto slices = (to - from + slice - std::chrono::nanoseconds(1)) / slice;
  m_figures.perTenMinutes.fill(0, static_cast<qsizetype>(slices));
  for (const Severity each : {Severity::Info, Severity::Minor, Severity::Major, Severity::Critical}) {
    m_figures.bySeverity.insert(each, 0);
  }
}

void AlarmFigures::count(const Event &event) {
  const auto *alarm = std::get_if<AlarmTransition>(&event.body);
  if (!alarm || !isRise(*alarm) || event.time < m_figures.from || event.time >= m_figures.to) return;
  ++m_figures.total;
  ++m_figures.perTenMinutes[static_cast<qsizetype>((event.time - m_figures.from) / slice)];
  ++m_figures.bySeverity[alarm->severity];
  Count &count = m_counts[alarm->ruleId];
  count.ruleId = alarm->ruleId;
  count.ruleName = alarm->ruleName;
  count.area = alarm->area;
  ++count.count;
}

void AlarmFigures::count(const AlarmStatus &standing, Time now) {
  const AlarmTransition &alarm = standing.transition;
  const bool isActive = alarm.state != AlarmState::Ok;
  if (isActive) ++m_figures.standing;
  if (isActive && now - standing.since > std::chrono::hours(24)) ++m_figures.standingOverADay;
  if (isUnacknowledged(alarm.condition)) ++m_figures.unacknowledged;
  if (alarm.condition == AlarmCondition::Shelved) ++m_figures.shelved;
}

AlarmStatistics AlarmFigures::figures() const {
  AlarmStatistics figures = m_figures;
  completeSlices(figures);
  figures.mostFrequent = mostFrequentOf(m_counts.values());
  return figures;
}

AlarmStatistics mergeFigures(const QList<AlarmStatistics> &all) {
  if (all.size() == 1) return all.first();
  AlarmStatistics sum = all.first();
  for (const AlarmStatistics &each : all.mid(1)) {
    sum.total += each.total;
    sum.perTenMinutes.resize(std::max(sum.perTenMinutes.size(), each.perTenMinutes.size()));
    for (qsizetype i = 0; i < each.perTenMinutes.size(); ++i) sum.perTenMinutes[i] += each.perTenMinutes[i];
    sum.standing += each.standing;
    sum.standingOverADay += each.standingOverADay;
    sum.unacknowledged += each.unacknowledged;
    sum.shelved += each.shelved;
    sum.chattering += each.chattering;
    sum.mostFrequent += each.mostFrequent;
    for (auto count = each.bySeverity.begin(); count != each.bySeverity.end(); ++count) {
      sum.bySeverity[count.key()] += count.value();
    }
  }
  completeSlices(sum);
  sum.mostFrequent = mostFrequentOf(sum.mostFrequent);
  return sum;
}

Response figuresResponse(const AlarmStatistics &figures) {
  JsonText json;
  json.beginObject();
  json.put("from", toIso(figures.from));
  json.put("to", toIso(figures.to));
  json.put("total", figures.total);
  json.key("per_10_min");
  json.beginList();
  for (const qint64 each : figures.perTenMinutes) json.integer(each);
  json.endList();
  json.put("average_per_10_min", figures.averagePerTenMinutes);
  json.put("peak_per_10_min", figures.peakPerTenMinutes);
  json.put("flood_share", figures.floodShare);
  json.put("standing", figures.standing);
  json.put("standing_over_24_h", figures.standingOverADay);
  json.put("unacknowledged", figures.unacknowledged);
  json.put("shelved", figures.shelved);
  putCounts(json, "chattering", figures.chattering);
  putCounts(json, "most_frequent", figures.mostFrequent);
  json.key("by_severity");
  json.beginObject();
  for (const Severity each : {Severity::Critical, Severity::Major, Severity::Minor, Severity::Info}) {
    const QByteArray word = QByteArray(toText(each).latin1());
    json.put(word.constData(), figures.bySeverity.value(each));
  }
  json.endObject();
  json.endObject();
  return {200, "application/json", json.bytes()};
}

}  // namespace tagwire::ws
