// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <array>

#include "event.h"

namespace tagwire::alarms {

/// Something that people may want to be told of. Plain value.
struct Occasion {
  enum class Kind : quint8 { Raised, Resolved, Acknowledged, Escalated };

  Kind kind = Kind::Raised;
  Time time;
  AlarmTransition alarm;               ///< as it is now
  Severity raisedAs = Severity::Info;  ///< the rule's own, whatever an escalation made of it
  QString by;                          ///< Acknowledged: who
  QString comment;
  QStringList targets;  ///< Escalated: these and no others; else, or when empty, those whose routing says so
};

constexpr auto enumWords(Occasion::Kind) {
  return std::array{std::pair{"raised", Occasion::Kind::Raised}, std::pair{"resolved", Occasion::Kind::Resolved},
                    std::pair{"acknowledged", Occasion::Kind::Acknowledged},
                    std::pair{"escalated", Occasion::Kind::Escalated}};
}

}  // namespace tagwire::alarms
