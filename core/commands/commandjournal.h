// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "../pointtable.h"
#include "keptcommands.h"

namespace tagwire {

/// What of a command has to outlive the program: one with a correlation id, that nobody carries it out twice; a pulse
/// that has begun, that somebody ends it; one that is not over, that its outcome is told.
struct CommandRecord {
  Command command;
  CommandStatus last;
  bool wasBegun = false;     ///< the plugin may have had it
  bool isPulseOpen = false;  ///< the value is out, the safe value is not back yet
};

/// `point` is its full name.
QJsonObject keptRecord(const CommandRecord &record, const QString &point);
/// Nothing for a point that is not there any more.
std::optional<CommandRecord> keptRecordFrom(const QJsonObject &json, const PointTable &points);

}  // namespace tagwire
