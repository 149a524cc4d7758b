// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "keptcommands.h"

namespace tagwire {

/// A run of a scene, as far as it has to outlive the program: that none is carried out twice, and that one which the
/// end of the program cut is known.
struct SceneRecord {
  Command command;
  CommandState state = CommandState::Queued;
  int step = 0;             ///< that began last, from 1; 0: none
  bool isStopping = false;  ///< it is one of `on_stop`
  QString text = {};        ///< final: how it ended
  int interlock = 0;
  Time ended = {};
};

QJsonObject keptRecord(const SceneRecord &record);
std::optional<SceneRecord> keptSceneFrom(const QJsonObject &json);

}  // namespace tagwire
