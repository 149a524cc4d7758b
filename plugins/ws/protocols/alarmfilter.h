// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QSet>

#include <optional>

#include "access/pathpattern.h"
#include "event.h"

namespace tagwire::ws {

/// What one client of `alarms` wants to see (R3-5). What is absent admits everything. Plain value.
struct AlarmFilter {
  std::optional<QSet<int>> rules;
  std::optional<QSet<Severity>> severities;
  std::optional<QList<PathPattern>> areas;

  static Result<AlarmFilter> fromJson(const QJsonObject &message);
  bool admits(int rule, Severity severity, const QString &area) const;
  bool isOpen() const { return !rules && !severities && !areas; }
};

std::optional<Severity> severityFrom(const QString &word);

}  // namespace tagwire::ws
