// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>

#include "sceneconfig.h"

namespace tagwire {

/// A step with all that it names found.
struct SceneStep {
  enum class Kind : quint8 { Act, Wait, Await };

  Kind kind = Kind::Act;
  PointAction action = {};                          ///< Act
  std::chrono::milliseconds time{0};                ///< Wait: how long; Await: at most so long
  std::vector<InterlockCondition> conditions = {};  ///< Await: all have to be met
  QString text = {};                                ///< "wait 2000 ms"
};

/// A scene with all that it names found.
struct Scene {
  int id = 0;
  QString name;
  bool goesOn = false;  ///< a step that fails does not stop it
  std::vector<SceneStep> steps;
  std::vector<SceneStep> onStop;
  QList<PointId> points;  ///< all that its steps write, each once

  QString text() const { return QStringLiteral("scene %1 \"%2\"").arg(id).arg(name); }
};

/// A reaction with all that it names found.
struct Reaction {
  int id = 0;
  QString name;
  QString instance;  ///< whose events
  int alarm = 0;     ///< number of the rule; 0: it is for a trigger
  QList<AlarmState> states = {};
  int trigger = 0;
  QString direction = {};                  ///< empty: any
  std::optional<QSet<QString>> tags = {};  ///< nothing: any
  std::optional<PointAction> action = {};  ///< nothing: it runs a scene
  int scene = 0;
  std::chrono::nanoseconds minimumInterval{0};

  QString text() const { return QStringLiteral("reaction %1 \"%2\"").arg(id).arg(name); }
  friend bool operator==(const Reaction &, const Reaction &) = default;
};

/// What can't be found, or can't be written, goes into `problems`; with errors none is to be used. Unknown points are
/// not reported again: they are references like any other.
TAGWIRE_EXPORT QList<Scene> resolveScenes(const QList<SceneConfig> &scenes, const ManifestNames &names,
                                          const Clock &clock, Problems &problems);
/// Those that are enabled.
TAGWIRE_EXPORT QList<Reaction> resolveReactions(const QList<ReactionConfig> &reactions, const QList<Scene> &scenes,
                                                const ManifestNames &names, const Clock &clock, Problems &problems);

}  // namespace tagwire
