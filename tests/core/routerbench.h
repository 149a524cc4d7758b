// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLoggingCategory>

#include "commands/commandrouter.h"
#include "manualclock.h"
#include "plugin.h"

namespace tagwire {

/// Where the answers come from.
struct StillPlugin : Plugin {
  void start() override {}
  void stop() override {}
};

/// What the router tells beside statuses.
struct SystemEvents : HubWatcher {
  void samplesPassed(const Samples &) override {}
  void eventPassed(const Event &event) override {
    if (const auto *told = std::get_if<SystemEvent>(&event.body)) kinds << told->kind;
  }
  QStringList kinds;
};

/// A router with three points of a plugin that does what the test says: a pump (bool), a speed (int), a valve (bool)
/// with the rules that the test gives it.
struct RouterBench {
  explicit RouterBench(const CommandRules &rules = {}, const QString &folder = {})
      : hub(points, metrics),
        router(points, hub, clock, [this](const QString &owner, const Command &command) -> Result<void> {
          Q_ASSERT(owner == QLatin1String("plc"));
          if (!isUp) return failure(QStringLiteral("plugin \"plc\" does not run"));
          executed << command;
          if (isPrompt) answer(command, CommandState::Succeeded, command.value);
          return {};
        }) {
    pump = declare(QStringLiteral("pump"), ValueType::Bool);
    speed = declare(QStringLiteral("speed"), ValueType::Int);
    valve = declare(QStringLiteral("valve"), ValueType::Bool, rules);
    QObject::connect(&hub, &Hub::commandStatus, &hub, [this](const CommandStatus &status) { steps << status; });
    hub.watch(&watcher, {});
    router.open(folder, log);
    router.start();
  }

  PointId declare(const QString &name, ValueType type, const CommandRules &rules = {}) {
    PointInfo info;
    info.name = name;
    info.type = type;
    info.writable = true;
    info.commandRules = rules;
    return *points.declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
  }
  QString ask(PointId point, const Value &value, CommandKind kind = CommandKind::Write,
              std::chrono::milliseconds duration = {}) {
    Command command;
    command.id = QStringLiteral("c%1").arg(++asked);
    command.point = point;
    command.value = value;
    command.kind = kind;
    command.duration = duration;
    command.requestedBy = by;
    command.correlationId = correlation;
    command.selection = selection;
    router.request(command);
    return command.id;
  }
  /// What the plugin tells of a command that it has; a value read back is published before.
  void answer(const Command &command, CommandState state, const Value &actual = {}, const QString &error = {}) {
    tell(command, CommandState::Sent);
    if (state == CommandState::Succeeded) tell(command, CommandState::Acked);
    if (actual != Value()) publish(command.point, actual);
    tell(command, state, actual, error);
  }
  void tell(const Command &command, CommandState state, const Value &actual = {}, const QString &error = {}) {
    Event event;
    event.body = CommandStatus{command.id, command.point, state, actual, error, 0};
    hub.raise(&plugin, event);
  }
  void publish(PointId point, const Value &value, Quality quality = Quality::good()) {
    const Samples samples{{point, quality, clock.now(), value}};
    hub.publish(nullptr, samples);
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    router.tick();
  }
  QStringList statesOf(const QString &id) const {
    QStringList words;
    for (const CommandStatus &status : steps) {
      if (status.commandId == id) words << toText(status.state);
    }
    return words;
  }
  CommandStatus lastOf(const QString &id) const {
    for (auto status = steps.rbegin(); status != steps.rend(); ++status) {
      if (status->commandId == id) return *status;
    }
    return {};
  }

  StillPlugin plugin;
  ManualClock clock;
  Metrics metrics;
  PointTable points;
  SystemEvents watcher;
  Hub hub;
  QLoggingCategory log{"tagwire.test", QtCriticalMsg};
  QList<Command> executed;
  QList<CommandStatus> steps;
  bool isUp = true;
  bool isPrompt = false;  ///< every command succeeds at once
  QString by = QStringLiteral("user:anna");
  QString correlation;
  QString selection;
  int asked = 0;
  PointId pump{};
  PointId speed{};
  PointId valve{};
  CommandRouter router;
};

}  // namespace tagwire
