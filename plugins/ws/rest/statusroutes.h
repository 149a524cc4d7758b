// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QMap>

#include <array>
#include <deque>
#include <functional>
#include <optional>

#include "rest/part.h"

namespace tagwire::ws {

/// GET /api/v1/status: how the whole does, for the overview of the pages. Figures are what /metrics tells, added up;
/// rates are those of the last 10 s.
class StatusRoutes : public RestPart {
 public:
  StatusRoutes(Router &router, GatewayState &state);
  void tick() override;

 private:
  using AllMetrics = std::map<std::string, std::vector<Metrics::Series>>;
  /// What rises, at one moment.
  struct Totals {
    std::chrono::nanoseconds at{0};
    double samples = 0;
    double events = 0;
    double messages = 0;
    QMap<QString, double> stored;  ///< by instance
  };
  struct Qualities {
    std::chrono::nanoseconds at{0};
    std::array<qint64, 3> counts{};  ///< by QualityLevel
  };

  Totals totals(const AllMetrics &metrics) const;
  double rate(const Totals &now, const std::function<double(const Totals &)> &of) const;
  QJsonObject status();
  QJsonObject pointsJson();
  QJsonArray historyJson(const AllMetrics &metrics, const Totals &now) const;

  GatewayState &m_state;
  const Time m_started;
  std::deque<Totals> m_totals;  ///< one a second, of the last 10 s
  std::optional<Qualities> m_qualities;
};

}  // namespace tagwire::ws
