// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QFile>
#include <QTemporaryDir>

#include <memory>

#include "commands/reactions.h"
#include "commands/scenes.h"
#include "manifest.h"
#include "memoryaudittrail.h"
#include "routerbench.h"

namespace tagwire {

/// Scenes and reactions before a real router, read from a manifest as a user writes it; the clock stands still. Points
/// of plc: pump (bool), speed (int), valve (bool) to write, level (double) to read. Plugin uwb has the trigger 123
/// (OnEnter) and the tags OP1 (operator) and VIS1, alarms has the rule 77.
struct ScenePlant : RouterBench {
  explicit ScenePlant(const CommandRules &rules = {}, const QString &journal = {}) : RouterBench(rules, journal) {
    PointInfo info;
    info.name = QStringLiteral("level");
    level = *points.declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
  }

  /// `keys` stand in the manifest as they are. Gives what is wrong with it.
  QString configure(const QByteArray &keys, const QString &journal = {}) {
    const QString path = folder.filePath(QStringLiteral("manifest.json"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return file.errorString();
    file.write(R"({"plugins":[],)" + keys + "}");
    file.close();
    Problems problems;
    const Manifest manifest = Manifest::read(path, problems);
    ManifestNames names{points, {QStringLiteral("plc"), QStringLiteral("uwb")}, {QStringLiteral("alarms")}};
    names.alarmRules.insert(QStringLiteral("alarms"), {77});
    ZoneDirectory &directory = names.directories[QStringLiteral("uwb")];
    directory.triggers = {{123, QStringLiteral("Entry Gate"), 417, QStringLiteral("OnEnter")}};
    directory.tags = {{QStringLiteral("OP1"), QStringLiteral("Op"), QStringLiteral("operator")},
                      {QStringLiteral("VIS1"), QStringLiteral("Visitor")}};
    const auto rules = resolveInterlocks(manifest.interlocks, names, problems);
    const auto all = resolveScenes(manifest.scenes, names, clock, problems);
    const auto reacting = resolveReactions(manifest.reactions, all, names, clock, problems);
    QStringList wrong;
    for (const Problem &each : std::as_const(problems)) wrong << each.path + QLatin1String(": ") + each.message;
    if (!wrong.isEmpty()) return wrong.join(u'\n');
    begin(rules, all, reacting, journal);
    return {};
  }
  /// One scene of id 1, "Test", with these steps; `keys` begin with a comma.
  QString configureScene(const QByteArray &list, const QByteArray &keys = {}, const QString &journal = {}) {
    return configure(R"("scenes":[{"id":1,"name":"Test","steps":[)" + list + "]" + keys + "}]", journal);
  }
  QString runScene(int scene = 1) {
    Command command;
    command.id = QStringLiteral("s%1").arg(++asked);
    command.kind = CommandKind::Scene;
    command.scene = scene;
    command.requestedBy = by;
    command.address = QStringLiteral("192.0.2.7");
    command.comment = QStringLiteral("monday");
    command.correlationId = correlation;
    scenes->request(command);
    return command.id;
  }
  void passTime(std::chrono::nanoseconds time) {
    pass(time);
    interlocks->advance();
    scenes->tick();
    QCoreApplication::processEvents();
  }
  void publishLevel(double value, Quality quality = Quality::good()) {
    publish(level, value, quality);
    QCoreApplication::processEvents();
  }
  /// The plugin's word on the newest command that it has.
  void finishNewest(CommandState state = CommandState::Succeeded) {
    const Command command = executed.last();
    answer(command, state, state == CommandState::Succeeded ? command.value : Value(),
           state == CommandState::Succeeded ? QString() : QStringLiteral("no reply"));
  }
  QStringList executedIds() const {
    QStringList ids;
    for (const Command &each : executed) ids << each.id;
    return ids;
  }
  QStringList textsOf(const QString &id) const {
    QStringList texts;
    for (const CommandStatus &status : steps) {
      if (status.commandId == id) texts << status.error;
    }
    return texts;
  }
  Operator operatorNamed(const char *name) const { return {QString::fromLatin1(name), {}, QStringLiteral("enough")}; }

  QTemporaryDir folder;
  MemoryAuditTrail trail;
  PointId level{};
  std::unique_ptr<Interlocks> interlocks;
  std::unique_ptr<Scenes> scenes;
  std::unique_ptr<Reactions> reactions;
  QList<Command> requested;  ///< by reactions
  QStringList questions;     ///< "alarms/77"
  QList<std::function<void(const Result<AlarmStatus> &)>> answers;

 private:
  void begin(const QList<InterlockRule> &rules, const QList<Scene> &all, const QList<Reaction> &reacting,
             const QString &journal) {
    interlocks = std::make_unique<Interlocks>(points, hub, clock, metrics);
    scenes = std::make_unique<Scenes>(hub, clock, *interlocks, router, metrics);
    reactions = std::make_unique<Reactions>(hub, clock, metrics);
    QObject::connect(reactions.get(), &Reactions::requested, reactions.get(),
                     [this](const Command &command) { requested << command; });
    interlocks->configure(rules, [this](const QString &instance, int rule, const auto &reply) {
      questions << QStringLiteral("%1/%2").arg(instance).arg(rule);
      answers << reply;
    });
    router.setGuard({[this](PointId point, const Value &value) { return interlocks->obstacles(point, value); },
                     [this](PointId point, const Value &value) { return interlocks->warnings(point, value); },
                     {}});
    scenes->setAudit(&trail);
    scenes->configure(all);
    reactions->configure(reacting);
    scenes->open(journal, log);
    interlocks->start(folder.path());
    scenes->start();
    reactions->start();
    QCoreApplication::processEvents();
  }
};

}  // namespace tagwire
