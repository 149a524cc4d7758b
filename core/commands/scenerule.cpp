// SPDX-License-Identifier: Apache-2.0
#include "scenerule.h"

namespace tagwire {

namespace {

SceneStep resolveStep(const StepConfig &config, const ManifestNames &names, const Clock &clock, Problems &problems) {
  SceneStep step;
  if (config.wait) {
    step.kind = SceneStep::Kind::Wait;
    step.time = *config.wait;
    step.text = QStringLiteral("wait %1 ms").arg(step.time.count());
    return step;
  }
  if (!config.await) {
    if (const auto action = resolveAction(config, "a scene", names, clock, problems)) step.action = *action;
    step.text = step.action.text;
    return step;
  }
  step.kind = SceneStep::Kind::Await;
  step.time = config.timeout.value_or(std::chrono::milliseconds(0));
  QStringList demands;
  for (const ConditionConfig &each : *config.await) {
    if (!each.type) continue;  // reported already
    step.conditions.push_back(resolveCondition(each, names, problems));
    demands << toText(step.conditions.back());
  }
  step.text =
      QStringLiteral("await %1, at most %2 ms").arg(demands.join(QLatin1String(" and "))).arg(step.time.count());
  return step;
}

std::vector<SceneStep> resolveSteps(const QList<StepConfig> &configs, const ManifestNames &names, const Clock &clock,
                                    Problems &problems) {
  std::vector<SceneStep> steps;
  for (const StepConfig &each : configs) steps.push_back(resolveStep(each, names, clock, problems));
  return steps;
}

/// Looks up the names of one reaction.
class ReactionResolver {
 public:
  ReactionResolver(const ReactionConfig &config, const QList<Scene> &scenes, const ManifestNames &names,
                   Problems &problems)
      : m_config(config), m_scenes(scenes), m_names(names), m_problems(problems) {}

  Reaction reaction(const Clock &clock) {
    Reaction reaction;
    reaction.id = m_config.id;
    reaction.name = m_config.name;
    reaction.minimumInterval = m_config.minimumInterval;
    if (m_config.when.alarm) resolveAlarm(reaction);
    if (m_config.when.trigger) resolveTrigger(reaction);
    if (m_config.scene) {
      resolveScene(reaction);
    } else {
      reaction.action = resolveAction(m_config, "a reaction", m_names, clock, m_problems);
    }
    return reaction;
  }

 private:
  void error(const QString &key, const QString &message) {
    m_problems.append({m_config.whenPlaces.value(key), m_config.path + QLatin1String(".when.") + key, message, false});
  }

  static QString listOf(const QStringList &known, const QString &none) {
    return known.isEmpty() ? none : known.mid(0, 20).join(QLatin1String(", "));
  }

  /// The instance that has it; empty after an error. `known` are all of each instance, `kind` is "rule".
  QString instanceOf(const QString &key, int number, const char *kind, const char *plugin,
                     const QMap<QString, QList<int>> &known) {
    const WhenConfig &when = m_config.when;
    if (when.instance && !known.contains(*when.instance)) {
      if (m_names.isWhole) {
        error(QStringLiteral("instance"),
              QStringLiteral("\"%1\" is no plugin %2%3 (allowed: %4)")
                  .arg(when.instance->left(70), QLatin1String(plugin), didYouMean(*when.instance, known.keys()),
                       listOf(known.keys(), QStringLiteral("the id of one, and there is none"))));
      }
      return {};
    }
    QStringList having;
    QStringList numbers;
    for (auto each = known.cbegin(); each != known.cend(); ++each) {
      if (when.instance && *when.instance != each.key()) continue;
      if (each->contains(number)) having << each.key();
      for (const int one : *each) numbers << QString::number(one);
    }
    if (having.size() == 1) return having.first();
    if (!m_names.isWhole) return {};
    if (having.size() > 1) {
      error(key, QStringLiteral("several plugins have a %1 %2: %3 (say which by \"instance\")")
                     .arg(QLatin1String(kind))
                     .arg(number)
                     .arg(having.join(QLatin1String(", "))));
      return {};
    }
    error(key, QStringLiteral("unknown %1 %2%3 (allowed: %4)")
                   .arg(QLatin1String(kind))
                   .arg(number)
                   .arg(didYouMean(QString::number(number), numbers),
                        listOf(numbers,
                               QStringLiteral("one of a plugin %1, and there is none").arg(QLatin1String(plugin)))));
    return {};
  }

  void resolveAlarm(Reaction &reaction) {
    reaction.alarm = *m_config.when.alarm;
    reaction.states = m_config.when.states.value_or(QList<AlarmState>{AlarmState::Alarm});
    reaction.instance = instanceOf(QStringLiteral("alarm"), reaction.alarm, "rule", "alarms", m_names.alarmRules);
  }

  void resolveTrigger(Reaction &reaction) {
    QMap<QString, QList<int>> known;
    for (auto each = m_names.directories.cbegin(); each != m_names.directories.cend(); ++each) {
      QList<int> &triggers = known[each.key()];
      for (const TriggerInfo &trigger : each->triggers) triggers << trigger.id;
    }
    reaction.trigger = *m_config.when.trigger;
    reaction.instance = instanceOf(QStringLiteral("trigger"), reaction.trigger, "trigger", "rtls", known);
    if (reaction.instance.isEmpty()) return;
    const ZoneDirectory directory = m_names.directories.value(reaction.instance);
    checkDirection(reaction, directory);
    resolveTags(reaction, directory);
  }

  void checkDirection(Reaction &reaction, const ZoneDirectory &directory) {
    reaction.direction = m_config.when.direction.value_or(QString());
    for (const TriggerInfo &each : directory.triggers) {
      if (each.id != reaction.trigger || each.isRemote || reaction.direction.isEmpty()) continue;
      if (each.direction == reaction.direction) continue;
      error(QStringLiteral("direction"), QStringLiteral("trigger %1 never tells \"%2\" (allowed: %3)")
                                             .arg(reaction.trigger)
                                             .arg(reaction.direction, each.direction));
    }
  }

  void resolveTags(Reaction &reaction, const ZoneDirectory &directory) {
    const WhenConfig &when = m_config.when;
    QStringList tags;
    QStringList classes;
    QSet<QString> ofClass;
    for (const TagInfo &each : directory.tags) {
      tags << each.id;
      if (!each.tagClass.isEmpty() && !classes.contains(each.tagClass)) classes << each.tagClass;
      if (when.ofClass && each.tagClass == *when.ofClass) ofClass.insert(each.id);
    }
    if (when.tags) {
      for (const QString &each : *when.tags) {
        if (tags.contains(each)) continue;
        error(QStringLiteral("tags"), QStringLiteral("unknown tag \"%1\"%2 (allowed: a tag of plugin \"%3\")")
                                          .arg(each, didYouMean(each, tags), reaction.instance));
      }
      reaction.tags = QSet<QString>(when.tags->cbegin(), when.tags->cend());
    }
    if (!when.ofClass) return;
    if (ofClass.isEmpty()) {
      error(QStringLiteral("class"),
            QStringLiteral("no tag of plugin \"%1\" has the class \"%2\"%3 (allowed: %4)")
                .arg(reaction.instance, *when.ofClass, didYouMean(*when.ofClass, classes),
                     listOf(classes, QStringLiteral("classes of its tags, and none has one"))));
    }
    reaction.tags = reaction.tags ? reaction.tags->intersect(ofClass) : ofClass;
  }

  void resolveScene(Reaction &reaction) {
    reaction.scene = *m_config.scene;
    QStringList known;
    for (const Scene &each : m_scenes) {
      if (each.id == reaction.scene) return;
      const QString id = QString::number(each.id);
      if (each.id > 0 && !known.contains(id)) known << id;
    }
    const QString number = QString::number(reaction.scene);
    m_problems.append({m_config.places.value(QStringLiteral("scene")), m_config.path + QLatin1String(".scene"),
                       QStringLiteral("unknown scene %1%2 (allowed: %3)")
                           .arg(number, didYouMean(number, known),
                                listOf(known, QStringLiteral("one of `scenes`, and there is none"))),
                       false});
  }

  const ReactionConfig &m_config;
  const QList<Scene> &m_scenes;
  const ManifestNames &m_names;
  Problems &m_problems;
};

}  // namespace

QList<Scene> resolveScenes(const QList<SceneConfig> &configs, const ManifestNames &names, const Clock &clock,
                           Problems &problems) {
  QList<Scene> scenes;
  for (const SceneConfig &config : configs) {
    Scene scene{config.id, config.name, config.onFailure == OnFailure::Continue, {}, {}, {}};
    scene.steps = resolveSteps(config.steps, names, clock, problems);
    scene.onStop = resolveSteps(config.onStop, names, clock, problems);
    for (const auto *steps : {&scene.steps, &scene.onStop}) {
      for (const SceneStep &step : *steps) {
        const PointId point = step.action.point;
        if (point != PointId::None && !scene.points.contains(point)) scene.points << point;
      }
    }
    scenes << scene;
  }
  return scenes;
}

QList<Reaction> resolveReactions(const QList<ReactionConfig> &configs, const QList<Scene> &scenes,
                                 const ManifestNames &names, const Clock &clock, Problems &problems) {
  QList<Reaction> reactions;
  for (const ReactionConfig &config : configs) {
    const Reaction reaction = ReactionResolver(config, scenes, names, problems).reaction(clock);
    if (config.enabled) reactions << reaction;
  }
  return reactions;
}

}  // namespace tagwire
