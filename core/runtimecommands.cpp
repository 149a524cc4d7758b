// SPDX-License-Identifier: Apache-2.0
// Runtime: what commands need of the manifest and of the other instances, and how they end.
#include <QCoreApplication>
#include <QElapsedTimer>

#include "runtime.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(hostCommandLog, "tagwire.host", QtInfoMsg)

constexpr std::chrono::milliseconds endWithin{3000};

}  // namespace

/// Those of an entry that is not enabled, too: what refers to them is right, and finds nothing when it runs.
void Runtime::takeNames(const PluginInstance &instance) {
  const QString id = instance.entry().id;
  if (const auto *alarms = dynamic_cast<AlarmDesk *>(instance.plugin())) {
    if (instance.entry().enabled) m_names.alarmDesks << id;
    m_names.alarmRules.insert(id, alarms->manifestRules());
  }
  // Nothing was started yet, so it answers at once.
  if (auto *zones = dynamic_cast<ZoneCatalog *>(instance.plugin())) {
    zones->directory([this, id](const Result<ZoneDirectory> &directory) {
      if (directory) m_names.directories.insert(id, *directory);
    });
  }
}

void Runtime::addCommandRules(const Manifest &manifest, Problems &problems) {
  const auto interlocks = resolveInterlocks(manifest.interlocks, m_names, problems);
  const auto scenes = resolveScenes(manifest.scenes, m_names, m_clock, problems);
  const auto reactions = resolveReactions(manifest.reactions, scenes, m_names, m_clock, problems);
  if (hasErrors(problems)) return;
  m_interlocks.configure(
      interlocks, [this](const QString &instance, int rule, const auto &answer) { askAlarm(instance, rule, answer); });
  m_scenes.configure(scenes);
  m_reactions.configure(reactions);
}

void Runtime::request(const Command &command) {
  if (command.kind == CommandKind::Scene) return m_scenes.request(command);
  m_commands.request(command);
}

void Runtime::askAlarm(const QString &instance, int rule, std::function<void(const Result<AlarmStatus> &)> answer) {
  using Done = std::function<void(std::shared_ptr<void>)>;
  route(
      nullptr, instance, AlarmDesk::serviceName,
      [](Plugin *plugin) { return dynamic_cast<AlarmDesk *>(plugin) != nullptr; },
      [rule](Plugin *plugin, const Done &done) {
        dynamic_cast<AlarmDesk *>(plugin)->alarm(
            [done](const Result<AlarmStatus> &status) { done(std::make_shared<Result<AlarmStatus>>(status)); }, rule);
      },
      [answer = std::move(answer)](const Result<std::shared_ptr<void>> &outcome) {
        answer(outcome ? *std::static_pointer_cast<Result<AlarmStatus>>(*outcome) : failure(outcome.error()));
      });
}

/// What scenes and pulses have opened is closed again while there is somebody to do it.
void Runtime::endCommands() {
  const QString why = QStringLiteral("the program is stopping");
  if (!waitFor([&] { return m_scenes.stop(why); })) {
    qCWarning(hostCommandLog) << "a scene could not be ended in time";
    m_scenes.abandon();
  }
  if (!waitFor([&] { return m_commands.endPulses(why); })) {
    qCWarning(hostCommandLog) << "a pulse could not be ended in time: it is ended after the next start";
  }
}

/// Lets events go by until nothing is open; false: that took too long.
bool Runtime::waitFor(const std::function<bool()> &isOpen) {
  QElapsedTimer since;
  since.start();
  QTimer look;  // so that it does not wait for something else to happen
  look.start(std::chrono::milliseconds(5));
  while (isOpen()) {
    if (since.elapsed() > endWithin.count()) return false;
    // No event loop of its own: that would not turn any more once the program was asked to end.
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
  }
  return true;
}

}  // namespace tagwire
