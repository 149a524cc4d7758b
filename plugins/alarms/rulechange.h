// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QStringList>
#include <QTimeZone>

#include <functional>

#include "engineconfig.h"

namespace tagwire::alarms {

/// What decides whether a rule of run time is as good as one of the manifest.
struct RuleSurroundings {
  QTimeZone siteZone;
  std::function<bool(const QString &)> isPoint;
  KnownNames names;
};

/// Reads a rule of run time (R3-15) by the very declaration that reads the manifest's; its errors name the keys of the
/// rule. References to files and the environment are refused: who may change rules may not read those.
tl::expected<Rule, QStringList> readRule(const QJsonObject &json, const RuleSurroundings &surroundings);

}  // namespace tagwire::alarms
