// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmhistory.h"
#include "rest/alarmfigures.h"
#include "rest/part.h"

namespace tagwire::ws {

/// What was with the alarms (R3-24) and how many there were (R3-25): of every instance that knows alarms, as far as the
/// caller may read it. Thread-bound; owned by the gateway.
class AlarmHistoryRoutes : public RestPart {
 public:
  AlarmHistoryRoutes(Router &router, GatewayState &state);

 private:
  /// Figures for a caller who may not read every area: counted page by page.
  struct Counting {
    Answer answer;
    CallerPointer caller;
    AlarmHistoryQuery query;
    AlarmCursor cursor;
    AlarmFigures figures;
    int records = 0;
  };

  void history(const Call &call) const;
  void statistics(const Call &call) const;
  void beginCounting(const std::shared_ptr<Counting> &counting, const QList<AlarmStatistics> &whole) const;
  void countOn(const std::shared_ptr<Counting> &counting) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  static constexpr int mostCounted = 200'000;  ///< records that figures of a part of the plant look at

  GatewayState &m_state;
};

}  // namespace tagwire::ws
