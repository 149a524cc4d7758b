// SPDX-License-Identifier: Apache-2.0
#include "sceneconfig.h"

#include "manifestids.h"

namespace tagwire {

namespace {

const QStringList alarmKeys{QStringLiteral("states")};
const QStringList triggerKeys{QStringLiteral("direction"), QStringLiteral("tags"), QStringLiteral("class")};

void checkSteps(QList<StepConfig> &steps, const QString &at, ConfigReader &reader) {
  const QMap<QString, QStringList> more{{QStringLiteral("wait_ms"), {}},
                                        {QStringLiteral("await"), {QStringLiteral("timeout_ms")}}};
  for (qsizetype i = 0; i < steps.size(); ++i) {
    StepConfig &step = steps[i];
    const QString path = QStringLiteral("%1[%2]").arg(at).arg(i);
    checkAction(step, path, more, reader);
    for (qsizetype k = 0; step.await && k < step.await->size(); ++k) {
      checkCondition((*step.await)[k], QStringLiteral("%1.await[%2]").arg(path).arg(k), reader);
    }
  }
}

void checkWhen(ReactionConfig &reaction, const QString &path, ConfigReader &reader) {
  const auto isGiven = [&](const QString &key) { return isKeyGiven(reader, path, key); };
  for (const QString &key :
       QStringList{QStringLiteral("alarm"), QStringLiteral("trigger"), QStringLiteral("instance")} + alarmKeys +
           triggerKeys) {
    reaction.whenPlaces.insert(key, reader.locate(path + u'.' + key));
  }
  const bool isAlarm = isGiven(QStringLiteral("alarm"));
  if (isAlarm == isGiven(QStringLiteral("trigger"))) {
    return reader.error(path, isAlarm ? QStringLiteral("alarm and trigger can't be together (allowed: one of them)")
                                      : QStringLiteral("names no event (allowed: alarm or trigger)"));
  }
  for (const QString &key : isAlarm ? triggerKeys : alarmKeys) {
    if (!isGiven(key)) continue;
    reader.error(path + u'.' + key,
                 isAlarm ? QStringLiteral("is nothing for an alarm (allowed: states, instance)")
                         : QStringLiteral("is nothing for a trigger (allowed: direction, tags, class, instance)"));
  }
}

}  // namespace

void StepConfig::describe(Shape<StepConfig> &shape) {
  using Config = StepConfig;
  describeAction(shape);
  shape.optional("wait_ms", &Config::wait, "or: the next step begins after this").example(2000).range(1, 3'600'000);
  shape.optional("await", &Config::await, "or: the next step begins once all these conditions are met").range(1, 100);
  shape.optional("timeout_ms", &Config::timeout, "await: not met for so long is a failure")
      .example(30000)
      .range(1, 86'400'000);
}

void SceneConfig::describe(Shape<SceneConfig> &shape) {
  using Config = SceneConfig;
  shape.required("id", &Config::id, "number of the scene").example(1).range(1, 2147483647);
  shape.required("name", &Config::name, "what people call it").example("Night").range(1, 200);
  shape.optional("on_failure", &Config::onFailure, "when a step fails: stop, or go on with the next one");
  shape.required("steps", &Config::steps, "one after the other").range(1, 200);
  shape.optional("on_stop", &Config::onStop, "steps when it is stopped or has failed; each is tried").range(0, 200);
}

void WhenConfig::describe(Shape<WhenConfig> &shape) {
  using Config = WhenConfig;
  shape.optional("alarm", &Config::alarm, "id of a rule of plugin alarms").example(77).range(1, 2147483647);
  shape.optional("states", &Config::states, "alarm: when it comes into one of these; ALARM if absent")
      .example("ALARM")
      .range(1, 3);
  shape.optional("trigger", &Config::trigger, "or id of a trigger of plugin rtls").example(123).range(1, 2147483647);
  shape.optional("direction", &Config::direction, "trigger: events of this direction only")
      .example("OnEnter")
      .range(1, 64);
  shape.optional("tags", &Config::tags, "trigger: events of these tags only")
      .example("SIM1")
      .range(1, 1000)
      .eachWithin(1, 64);
  shape.optional("class", &Config::ofClass, "trigger: events of tags of this class only")
      .example("person")
      .range(1, 64);
  shape.optional("instance", &Config::instance, "id of the plugin, where several have the rule or the trigger")
      .example("alarms");
}

void ReactionConfig::describe(Shape<ReactionConfig> &shape) {
  using Config = ReactionConfig;
  shape.required("id", &Config::id, "number of the reaction").example(1).range(1, 2147483647);
  shape.required("name", &Config::name, "what people call it").example("Night").range(1, 200);
  shape.optional("enabled", &Config::enabled, "false: read and checked, but nothing reacts");
  shape.required("when", &Config::when, "the event it reacts to");
  describeAction(shape);
  shape.optional("scene", &Config::scene, "or id of the scene that is run").example(1).range(1, 2147483647);
  shape.optional("min_interval_ms", &Config::minimumInterval, "least time from one reaction to the next")
      .range(100, 86'400'000);
}

void checkScenes(QList<SceneConfig> &scenes, ConfigReader &reader) {
  for (qsizetype i = 0; i < scenes.size(); ++i) {
    SceneConfig &scene = scenes[i];
    scene.path = QStringLiteral("scenes[%1]").arg(i);
    scene.where = reader.locate(scene.path + QLatin1String(".id"));
    checkSteps(scene.steps, scene.path + QLatin1String(".steps"), reader);
    checkSteps(scene.onStop, scene.path + QLatin1String(".on_stop"), reader);
    const bool acts = std::any_of(scene.steps.cbegin(), scene.steps.cend(),
                                  [](const StepConfig &step) { return step.write || step.toggle || step.pulse; });
    if (!acts && !scene.steps.isEmpty()) {
      reader.error(scene.path + QLatin1String(".steps"),
                   QStringLiteral("nothing but waiting (a scene needs a step with write, toggle or pulse)"));
    }
  }
}

void checkReactions(QList<ReactionConfig> &reactions, ConfigReader &reader) {
  for (qsizetype i = 0; i < reactions.size(); ++i) {
    ReactionConfig &reaction = reactions[i];
    const QString path = QStringLiteral("reactions[%1]").arg(i);
    checkAction(reaction, path, {{QStringLiteral("scene"), {}}}, reader);
    reaction.places.insert(QStringLiteral("id"), reader.locate(path + QLatin1String(".id")));
    if (isKeyGiven(reader, path, QStringLiteral("when"))) {
      checkWhen(reaction, path + QLatin1String(".when"), reader);
    }
  }
}

void checkSceneIds(const QList<SceneConfig> &scenes, Problems &problems) {
  QList<ManifestId> ids;
  for (const SceneConfig &each : scenes) ids.append({each.id, each.path, each.where});
  checkManifestIds(ids, "scene", problems);
}

void checkReactionIds(const QList<ReactionConfig> &reactions, Problems &problems) {
  QList<ManifestId> ids;
  for (const ReactionConfig &each : reactions) {
    ids.append({each.id, each.path, each.places.value(QStringLiteral("id"))});
  }
  checkManifestIds(ids, "reaction", problems);
}

}  // namespace tagwire
