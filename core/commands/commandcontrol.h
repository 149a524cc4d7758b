// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include "../audit/audittrail.h"
#include "../command.h"
#include "../point.h"
#include "../services/alarmdesk.h"
#include "interlockstatus.h"
#include "scenestatus.h"

namespace tagwire {

/// Who does something with commands: as proved, and from where.
struct Operator {
  QString name;     ///< "user:anna"
  QString address;  ///< may be empty
  QString comment;  ///< why; may be empty
};

/// What the audit trail is told of something that they did. The trail says when.
AuditEntry entryBy(const Operator &by, const char *kind, const QString &action, const QString &subject,
                   const QString &reference = {});

/// Begins the text of the step that tells who approved a command: "approved by user:anna".
inline constexpr QLatin1String approvalText("approved by ");

/// What would become of a command now.
struct DryRun {
  std::optional<Obstacle> obstacle;  ///< nothing: it would be sent
  QStringList warnings;              ///< of advisory interlocks
  QList<int> interlocks;             ///< that stand in the way
  Value value;                       ///< what would be written: converted, or the toggled one
  Confirm confirm = Confirm::None;   ///< what is due before it is sent
};

/// A point that somebody has selected (select before operate).
struct Selection {
  QString id;
  PointId point = PointId::None;
  Time expires;
};

/// What operators do with commands and interlocks, beside asking for a command by Plugin::commandRequested. The host's.
/// Thread-bound: host thread.
class TAGWIRE_EXPORT CommandControl {
 public:
  virtual ~CommandControl();

  /// Sends nothing and leaves no trace.
  virtual DryRun dryRun(const Command &command) const = 0;

  /// Reserves the point for one command of the same operator within 30 s. Error: no such point, not writable, selected
  /// by somebody else.
  virtual Result<Selection> select(PointId point, const Operator &by) = 0;
  /// Gives a selection back. Error: it is over, or somebody else's.
  virtual Result<void> deselect(const QString &selection, const Operator &by) = 0;
  /// A command that waits for a second person goes on. Error: it does not wait, or `by` asked for it.
  virtual Result<void> approve(const QString &commandId, const Operator &by) = 0;
  /// A command that was not sent yet ends as failed; a scene is stopped. Error: it was sent, or is over.
  virtual Result<void> cancel(const QString &commandId, const Operator &by) = 0;

  /// Scenes that can be asked for by a command of the kind Scene.
  virtual QList<SceneStatus> scenes() const = 0;

  virtual QList<InterlockStatus> interlocks() const = 0;
  /// A latched trip is over. Error: no such interlock, not tripped, or a condition is still not met.
  virtual Result<void> resetInterlock(int id, const Operator &by) = 0;
  /// Alarms of the host itself, which stand beside those of the alarm desks: the trips that are latched (rule id
  /// `-<id>`, active while a condition is not met, then returned and unacknowledged until the reset), and instances in
  /// quarantine (instancealarms.h).
  virtual QList<AlarmStatus> hostAlarms() const = 0;
};

}  // namespace tagwire
