// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pointaction.h"

namespace tagwire {

/// What becomes of a scene when one of its steps fails.
enum class OnFailure : quint8 {
  Stop,     ///< it stops, and `on_stop` is carried out
  Continue  ///< the next step follows; it ends as failed all the same
};
constexpr auto enumWords(OnFailure) {
  return std::array{std::pair{"stop", OnFailure::Stop}, std::pair{"continue", OnFailure::Continue}};
}

/// One of a scene's `steps` or of its `on_stop`: something done with a point, a wait, or conditions to wait for.
struct StepConfig : ActionConfig {
  std::optional<std::chrono::milliseconds> wait = {};
  std::optional<QList<ConditionConfig>> await = {};
  std::optional<std::chrono::milliseconds> timeout = {};

  static void describe(Shape<StepConfig> &shape);
};

/// One of the manifest's `scenes` (docs/scenes.md).
struct SceneConfig {
  int id = 0;
  QString name;
  OnFailure onFailure = OnFailure::Stop;
  QList<StepConfig> steps;
  QList<StepConfig> onStop;
  QString path = {};          ///< "scenes[2]"
  ConfigLocation where = {};  ///< of its id

  static void describe(Shape<SceneConfig> &shape);
};

/// Which events a reaction is for: those of an alarm rule, or of a trigger.
struct WhenConfig {
  std::optional<int> alarm = {};
  std::optional<QList<AlarmState>> states = {};
  std::optional<int> trigger = {};
  std::optional<QString> direction = {};
  std::optional<QList<QString>> tags = {};
  std::optional<QString> ofClass = {};
  std::optional<QString> instance = {};

  static void describe(Shape<WhenConfig> &shape);
};

/// One of the manifest's `reactions` (docs/scenes.md).
struct ReactionConfig : ActionConfig {
  int id = 0;
  QString name;
  bool enabled = true;
  WhenConfig when;
  std::optional<int> scene = {};
  std::chrono::milliseconds minimumInterval{1000};
  QHash<QString, ConfigLocation> whenPlaces = {};  ///< of "alarm", "trigger" and so on

  static void describe(Shape<ReactionConfig> &shape);
};

/// What one document's scenes and reactions say of themselves, which `reader` has just read: notes where they stand,
/// and reports keys that don't belong together or lack.
void checkScenes(QList<SceneConfig> &scenes, ConfigReader &reader);
void checkReactions(QList<ReactionConfig> &reactions, ConfigReader &reader);
/// No two of all documents may have one id.
void checkSceneIds(const QList<SceneConfig> &scenes, Problems &problems);
void checkReactionIds(const QList<ReactionConfig> &reactions, Problems &problems);

}  // namespace tagwire
