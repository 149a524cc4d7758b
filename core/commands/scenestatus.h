// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

#include "../event.h"

namespace tagwire {

/// A run of a scene that is over.
struct SceneOutcome {
  QString commandId;
  QString requestedBy;
  Time started;
  Time ended;
  CommandState state = CommandState::Succeeded;
  QString text;  ///< for people: at which step it failed, and why
};

/// A scene as it stands now.
struct SceneStatus {
  int id = 0;
  QString name;
  bool goesOn = false;                    ///< a step that fails does not stop it
  QStringList steps;                      ///< in words: "write true to plc1/valve/open"
  QStringList onStop;                     ///< the same
  QList<PointId> points;                  ///< all that it writes
  QList<PointId> inputs;                  ///< all that it waits for; None: an alarm's state
  QString commandId;                      ///< of the run that is under way; empty: none
  int step = 0;                           ///< of this run, from 1; 0: none has begun
  bool isStopping = false;                ///< `step` is one of `onStop`
  std::optional<SceneOutcome> last = {};  ///< the newest run that is over
};

}  // namespace tagwire
