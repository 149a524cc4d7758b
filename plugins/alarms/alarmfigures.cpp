// SPDX-License-Identifier: Apache-2.0
#include "alarmfigures.h"

#include <algorithm>

namespace tagwire::alarms {
namespace {

constexpr std::chrono::minutes slice{10};
constexpr qint64 flood = 10;
constexpr qsizetype mostNamed = 10;

bool isShown(const AlarmStatus &status) { return status.transition.condition <= AlarmCondition::Latched; }

void countStanding(AlarmStatistics &figures, const QList<AlarmStatus> &standing, Time now) {
  for (const AlarmStatus &each : standing) {
    const AlarmCondition condition = each.transition.condition;
    if (condition == AlarmCondition::Shelved) ++figures.shelved;
    if (condition == AlarmCondition::UnacknowledgedActive || condition == AlarmCondition::RtnUnacknowledged) {
      ++figures.unacknowledged;
    }
    if (each.transition.state == AlarmState::Ok || !isShown(each)) continue;
    ++figures.standing;
    if (now - each.since > std::chrono::hours(24)) ++figures.standingOverADay;
  }
}

using Counts = QHash<int, AlarmStatistics::Count>;

Counts countRules(const QList<AlarmStore::Came> &came) {
  Counts counts;
  for (const AlarmStore::Came &each : came) {
    AlarmStatistics::Count &count = counts[each.ruleId];
    count.ruleId = each.ruleId;
    count.ruleName = each.ruleName;
    count.area = each.area;
    ++count.count;
  }
  return counts;
}

QList<AlarmStatistics::Count> mostFrequent(const Counts &counts) {
  QList<AlarmStatistics::Count> all = counts.values();
  std::sort(all.begin(), all.end(), [](const auto &one, const auto &other) {
    return one.count != other.count ? one.count > other.count : one.ruleId < other.ruleId;
  });
  return all.mid(0, mostNamed);
}

void countSlices(AlarmStatistics &figures, const QList<AlarmStore::Came> &came) {
  const auto count = (figures.to - figures.from + slice - std::chrono::nanoseconds(1)) / slice;
  figures.perTenMinutes.fill(0, std::max<qint64>(count, 0));
  for (const AlarmStore::Came &each : came) {
    const auto place = (each.time - figures.from) / slice;
    if (place >= 0 && place < figures.perTenMinutes.size()) ++figures.perTenMinutes[place];
  }
  if (figures.perTenMinutes.isEmpty()) return;
  const auto &slices = figures.perTenMinutes;
  figures.peakPerTenMinutes = *std::max_element(slices.begin(), slices.end());
  const double minutes = std::chrono::duration<double, std::ratio<60>>(figures.to - figures.from).count();
  figures.averagePerTenMinutes = static_cast<double>(figures.total) * 10 / minutes;
  const auto floods = std::count_if(slices.begin(), slices.end(), [](qint64 each) { return each > flood; });
  figures.floodShare = static_cast<double>(floods) / static_cast<double>(slices.size());
}

}  // namespace

AlarmStatistics figuresOf(Time from, Time to, Time now, const QList<AlarmStore::Came> &came,
                          const QList<AlarmStatus> &standing, const QList<AlarmStatus> &chattering) {
  AlarmStatistics figures;
  figures.from = from;
  figures.to = to;
  figures.total = came.size();
  countSlices(figures, came);
  countStanding(figures, standing, now);
  for (const AlarmStore::Came &each : came) ++figures.bySeverity[each.severity];
  const Counts counts = countRules(came);
  figures.mostFrequent = mostFrequent(counts);
  for (const AlarmStatus &each : chattering) {
    const qint64 count = counts.value(each.transition.ruleId).count;
    figures.chattering << AlarmStatistics::Count{each.transition.ruleId, each.transition.ruleName, each.transition.area,
                                                 count};
  }
  return figures;
}

}  // namespace tagwire::alarms
