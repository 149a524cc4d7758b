// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

#include "commands/interlocks.h"
#include "manifest.h"
#include "testing/manualclock.h"

namespace tagwire {

/// Interlocks over a real point table and hub, read from a manifest as a user writes it; the clock stands still.
/// Points: plc1/temp (double), level (double), count (int), door (bool), mode (text), run (bool, writable), speed
/// (double, writable), name (text, writable), and of uwb the occupancies of zone 417: all tags, operator, visitor.
class InterlockPlant : private HubWatcher {
 public:
  InterlockPlant() {
    declare("plc1", "temp", ValueType::Double);
    declare("plc1", "level", ValueType::Double);
    declare("plc1", "count", ValueType::Int);
    declare("plc1", "door", ValueType::Bool);
    declare("plc1", "mode", ValueType::Text);
    declare("plc1", "run", ValueType::Bool, true);
    declare("plc1", "speed", ValueType::Double, true);
    declare("plc1", "name", ValueType::Text, true);
    declare("uwb", "zone/417/occupancy", ValueType::Int);
    declare("uwb", "zone/417/occupancy/operator", ValueType::Int);
    declare("uwb", "zone/417/occupancy/visitor", ValueType::Int);
    points.giveNumbers();
    hub.watch(this, {});
  }

  PointId id(const char *name) const { return points.find(QString::fromLatin1(name)); }

  /// `list` stands in the manifest as it is. Gives what is wrong with it.
  QString configure(const QByteArray &list) {
    const QString path = folder.filePath(QStringLiteral("manifest.json"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return file.errorString();
    file.write(R"({"plugins":[],"interlocks":)" + list + "}");
    file.close();
    Problems problems;
    const Manifest manifest = Manifest::read(path, problems);
    const ManifestNames names{points, {QStringLiteral("plc1"), QStringLiteral("uwb")}, {QStringLiteral("alarms")}};
    const auto rules = resolveInterlocks(manifest.interlocks, names, problems);
    QStringList wrong;
    for (const Problem &each : std::as_const(problems)) wrong << each.path + QLatin1String(": ") + each.message;
    if (!wrong.isEmpty()) return wrong.join(u'\n');
    if (!isReload) {
      interlocks = std::make_unique<Interlocks>(points, hub, clock, metrics);
      QObject::connect(interlocks.get(), &Interlocks::forced, interlocks.get(),
                       [this](const Command &command) { commands << command; });
    }
    interlocks->configure(rules, [this](const QString &instance, int rule, const auto &answer) {
      questions << QStringLiteral("%1/%2").arg(instance).arg(rule);
      answers << answer;
    });
    return {};
  }
  /// One interlock of id 5, "Test", with these points and conditions; `keys` begin with a comma.
  QString configureOne(const char *mode, const QByteArray &conditions, const QByteArray &keys = {}) {
    return configure(R"([{"id":5,"name":"Test","mode":")" + QByteArray(mode) +
                     R"(","points":["plc1/run","plc1/speed"],"conditions":[)" + conditions + "]" + keys + "}]");
  }
  /// Starts, and lets the time pass in which unknown inputs are excused.
  void start() {
    interlocks->start(folder.path());
    pass(std::chrono::seconds(10));
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    interlocks->advance();
    QCoreApplication::processEvents();
  }

  Sample sample(const char *name, const Value &value, Quality quality = Quality::good()) const {
    return {id(name), quality, clock.now(), value};
  }
  void publish(const char *name, const Value &value, Quality quality = Quality::good()) {
    hub.publish(nullptr, {sample(name, value, quality)});
  }
  void publishAlarm(int rule, AlarmState state) {
    AlarmTransition alarm;
    alarm.ruleId = rule;
    alarm.state = state;
    hub.raise(nullptr, Event{0, clock.now(), QStringLiteral("alarms"), alarm});
  }

  /// Empty: plc1/run may be switched on.
  QString obstacle() const {
    const auto found = interlocks->obstacle(id("plc1/run"), Value(true));
    return found ? found->text : QString();
  }
  bool isTripped() const { return interlocks->all().first().isTripped; }
  /// The texts of the system events of this kind, since the last clear().
  QStringList told(const char *kind) const {
    QStringList texts;
    for (const Event &event : events) {
      const auto *system = std::get_if<SystemEvent>(&event.body);
      if (system && system->kind == QLatin1String(kind)) texts << system->text;
    }
    return texts;
  }
  QList<AlarmTransition> alarms() const {
    QList<AlarmTransition> all;
    for (const Event &event : events) {
      if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) all << *alarm;
    }
    return all;
  }
  void end(const Command &command, CommandState state, const char *error = "") {
    interlocks->commandEnded({command.id, command.point, state, Value(), QString::fromLatin1(error)});
    QCoreApplication::processEvents();
  }

  bool isReload = false;  ///< configure() has the same interlocks go on
  ManualClock clock;
  Metrics metrics;
  PointTable points;
  Hub hub{points, metrics};
  QTemporaryDir folder;
  std::unique_ptr<Interlocks> interlocks;
  QList<Command> commands;
  QList<Event> events;
  QStringList questions;  ///< "alarms/77"
  QList<std::function<void(const Result<AlarmStatus> &)>> answers;

 private:
  void declare(const char *owner, const char *name, ValueType type, bool isWritable = false) {
    PointInfo info;
    info.name = QString::fromLatin1(name);
    info.type = type;
    info.writable = isWritable;
    const QString prefix = QString::fromLatin1(owner);
    if (!points.declare(prefix, prefix, info)) qFatal("a point was refused");
  }
  void samplesPassed(const Samples &) override {}
  void eventPassed(const Event &event) override { events << event; }
};

}  // namespace tagwire
