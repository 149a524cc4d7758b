// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMetaType>
#include <QString>

#include <chrono>
#include <functional>
#include <optional>

#include "event.h"
#include "sample.h"

namespace tagwire {

enum class CommandKind : quint8 {
  Write,
  Toggle,  ///< bool points: the opposite of what the point is when the command's turn comes
  Pulse,   ///< `value`, and after `duration` the point's safe value again
  Scene    ///< runs a scene of the manifest, which makes further commands; `point` and `value` say nothing
};

/// Why a command may not be sent, or not any more.
struct Obstacle {
  CommandState outcome = CommandState::Blocked;  ///< what the command ends in: Blocked, Expired or Failed
  QString text;                                  ///< for people
  int interlock = 0;                             ///< number of the interlock that blocks; 0: none
};

/// A request to write a point. It goes left, through the hub's command router only.
struct Command {
  QString id;  ///< UUID, made by whoever asks (newCommandId())
  PointId point = PointId::None;
  Value value;            ///< engineering units; the router converts it to the point's type or refuses
  QString correlationId;  ///< the same text twice is the same command, over a restart too; may be empty
  QString requestedBy;    ///< who, as proved: "user:anna", "interlock:5"
  Time created;
  Time expires;                           ///< not sent after this; the router sets 10 s when absent
  CommandKind kind = CommandKind::Write;  ///< a plugin gets Write only
  std::chrono::milliseconds duration{0};  ///< of a pulse
  int scene = 0;                          ///< Scene: its number
  QString address = {};                   ///< from where; empty: from within
  QString comment = {};                   ///< why, for the audit
  QString selection = {};                 ///< the id that selecting the point gave, where it is due
  bool isUrgent = false;                  ///< before all others: a trip, or the end of a pulse
  /// Set by the router. The plugin calls obstacleNow() right before it sends.
  std::function<std::optional<Obstacle>()> obstacle = {};
};

/// Right before sending: nothing when the command may go out. Else the plugin tells this as the final status and sends
/// nothing.
TAGWIRE_EXPORT std::optional<CommandStatus> obstacleNow(const Command &command);

TAGWIRE_EXPORT QString newCommandId();

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::Command)
