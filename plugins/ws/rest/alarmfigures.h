// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "http/response.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// Alarm figures counted from the history, for callers who may read a part of the plant only: the desk's own are about
/// all of it. The same rules as there (AlarmStatistics). Plain class.
class AlarmFigures {
 public:
  AlarmFigures(Time from, Time to);

  /// One record of the history that the caller may read.
  void count(const Event &event);
  /// One alarm that stands and that the caller may read.
  void count(const AlarmStatus &standing, Time now);
  void setChattering(const QList<AlarmStatistics::Count> &chattering) { m_figures.chattering = chattering; }
  AlarmStatistics figures() const;

 private:
  AlarmStatistics m_figures;
  QHash<int, AlarmStatistics::Count> m_counts;
};

/// Averages, peak and share of floods from `perTenMinutes`.
void completeSlices(AlarmStatistics &figures);
/// Of several desks over the same time, as those of one.
AlarmStatistics mergeFigures(const QList<AlarmStatistics> &all);
Response figuresResponse(const AlarmStatistics &figures);

}  // namespace tagwire::ws
