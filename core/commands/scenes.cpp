// SPDX-License-Identifier: Apache-2.0
#include "scenes.h"

namespace tagwire {

namespace {

constexpr qsizetype rememberedRuns = 1000;
constexpr std::chrono::milliseconds scenePeriod{20};

QString subjectOf(int scene) { return QStringLiteral("scene:%1").arg(scene); }

}  // namespace

Scenes::Scenes(Hub &hub, const Clock &clock, Interlocks &interlocks, CommandRouter &commands, Metrics &metrics)
    : m_hub(hub),
      m_clock(clock),
      m_interlocks(interlocks),
      m_commands(commands),
      m_runningCount(metrics.gauge("tagwire_scenes_running", "Scenes that are being run")),
      m_runCount(metrics.counter("tagwire_scene_runs_total", "Runs of scenes that began")),
      m_failedCount(metrics.counter("tagwire_scene_failures_total", "Of these, those that did not end well")) {
  connect(&m_hub, &Hub::commandStatus, this, &Scenes::follow);
  m_timer.setInterval(scenePeriod);
  connect(&m_timer, &QTimer::timeout, this, &Scenes::tick);
}

Scenes::~Scenes() { m_hub.unwatch(this); }

void Scenes::configure(const QList<Scene> &scenes) {
  m_scenes.clear();
  m_inputs.clear();
  m_hasConditions = false;
  for (const Scene &scene : scenes) m_scenes.push_back(std::make_shared<const Scene>(scene));
  for (const auto &scene : m_scenes) watchConditions(*scene);
  for (const auto &[id, run] : m_runs) {
    if (run.phase != Phase::Over && run.scene) watchConditions(*run.scene);
  }
}

void Scenes::watchConditions(const Scene &scene) {
  for (const auto *steps : {&scene.steps, &scene.onStop}) {
    for (const SceneStep &step : *steps) {
      for (const InterlockCondition &condition : step.conditions) {
        m_hasConditions = true;
        m_interlocks.watch(condition);
        if (condition.point != PointId::None) m_inputs << condition.point;
        m_inputs << condition.excepted;
      }
    }
  }
}

void Scenes::configured() {
  m_hub.unwatch(this);
  if (m_hasConditions) m_hub.watch(this, m_inputs);
}

void Scenes::open(const QString &folder, const QLoggingCategory &log) {
  const QJsonArray records =
      m_journal.read(folder, QStringLiteral("scenes.json"), QStringLiteral("which scenes were running"), log);
  for (const QJsonValue &each : records) {
    const auto kept = keptSceneFrom(each.toObject());
    if (!kept) continue;
    const SceneRecord &record = *kept;
    Run &run = remember(record.command);
    run.record = record;
    if (!isFinal(record.state)) {
      run.record.state = CommandState::Unknown;
      run.record.ended = m_clock.now();
      run.record.text = QStringLiteral("the program ended during %1; nothing was carried out since")
                            .arg(record.step == 0 ? QStringLiteral("its start, before the first step") : stepText(run));
      m_interrupted << record.command.id;
    }
    run.last.state = run.record.state;
    run.last.error = run.record.text;
    run.last.interlock = run.record.interlock;
    if (run.record.step == 0) continue;
    m_last.insert(record.command.scene, {record.command.id, record.command.requestedBy, record.command.created,
                                         run.record.ended, run.record.state, run.record.text});
  }
  if (!m_interrupted.isEmpty()) keep();
}

void Scenes::start() {
  if (m_hasConditions) m_hub.watch(this, m_inputs);
  if (m_interrupted.isEmpty()) return;
  // Not from within the start of the host: no sink would hear of it.
  QMetaObject::invokeMethod(
      this, [this, ids = std::exchange(m_interrupted, {})] { tellInterrupted(ids); }, Qt::QueuedConnection);
}

void Scenes::tellInterrupted(const QStringList &ids) {
  for (const QString &id : ids) {
    Run *run = find(id);
    if (!run) continue;
    const QString text = run->record.text;
    audit(*run, toText(CommandState::Unknown), {QStringLiteral("tagwire"), {}, {}}, {{QStringLiteral("error"), text}});
    raise(SystemEvent{QStringLiteral("scene_interrupted"),
                      QStringLiteral("scene %1, asked for by %2: %3")
                          .arg(run->record.command.scene)
                          .arg(run->record.command.requestedBy, text),
                      Severity::Major});
    tell(*run, CommandState::Unknown, text);
  }
}

void Scenes::request(Command given) {
  if (given.id.isEmpty()) given.id = newCommandId();
  if (find(given.id) || answerRepeat(given)) return;
  if (m_nesting == 0) forgetOldest();
  if (given.created == Time()) given.created = m_clock.now();
  const QString refusal = refusalOf(given);
  Run &run = remember(given);
  audit(run, QStringLiteral("run"), {given.requestedBy, given.address, given.comment},
        run.scene ? QJsonObject{{QStringLiteral("name"), run.scene->name},
                                {QStringLiteral("steps"), static_cast<qint64>(run.scene->steps.size())}}
                  : QJsonObject());
  if (!refusal.isEmpty()) return end(run, CommandState::Failed, refusal);
  m_running.insert(given.scene, given.id);
  m_runningCount.set(static_cast<double>(m_running.size()));
  m_runCount.add();
  if (!m_timer.isActive()) m_timer.start();
  run.phase = Phase::Keeping;
  tell(run, CommandState::Queued);
  if (run.phase == Phase::Keeping && run.record.step == 0) beginStep(run, 1);
}

QString Scenes::refusalOf(const Command &command) const {
  if (!sceneOf(command.scene)) return QStringLiteral("there is no scene %1").arg(command.scene);
  if (!m_stopping.isEmpty()) return m_stopping;
  if (const auto other = m_running.constFind(command.scene); other != m_running.cend()) {
    return QStringLiteral("scene %1 is running already (command %2)").arg(command.scene).arg(*other);
  }
  if (m_running.size() < mostRunning) return {};
  return QStringLiteral("busy: %1 scenes are running already").arg(mostRunning);
}

bool Scenes::answerRepeat(const Command &given) {
  if (given.correlationId.isEmpty()) return false;
  Run *first = find(m_byCorrelation.value(given.correlationId));
  if (!first) return false;
  CommandStatus status = first->last;
  if (first->record.command.scene != given.scene) {
    status = {};
    status.state = CommandState::Failed;
    status.error = QStringLiteral("the correlation id was used for another command");
    status.scene = given.scene;
    if (const auto scene = sceneOf(given.scene)) status.scenePoints = scene->points;
  } else if (first->aliases.size() < rememberedRuns) {
    first->aliases << given.id;
  }
  status.commandId = given.id;
  raise(status);
  return true;
}

Result<void> Scenes::cancel(const QString &commandId, const Operator &by) {
  Run *run = find(commandId);
  if (!run || run->phase == Phase::Over) return failure(QStringLiteral("no run of this id is under way"));
  if (run->record.isStopping) return failure(QStringLiteral("it is being stopped already"));
  audit(*run, QStringLiteral("cancelled"), by, {{QStringLiteral("step"), run->record.step}});
  halt(*run, QStringLiteral("stopped by %1").arg(by.name), by);
  return {};
}

bool Scenes::stop(const QString &why) {
  m_stopping = why;
  const QStringList open = m_running.values();
  for (const QString &id : open) {
    Run *run = find(id);
    if (run && run->phase != Phase::Over && !run->record.isStopping) {
      halt(*run, why, {QStringLiteral("tagwire"), {}, {}});
    }
  }
  return !m_running.isEmpty();
}

void Scenes::abandon() {
  const QStringList open = m_running.values();
  for (const QString &id : open) {
    Run *run = find(id);
    if (!run || run->phase == Phase::Over) continue;
    run->undone << QStringLiteral("%1 could not be ended in time").arg(stepText(*run));
    finish(*run);
  }
}

/// Beginning on_stop does not wait for a command that was sent: what it writes may have nothing to do with it, and if
/// it has, the point's turn sees to the order.
void Scenes::halt(Run &run, const QString &why, const Operator &by) {
  run.failures << (run.record.step == 0 ? why : QStringLiteral("%1 during %2").arg(why, stepText(run)));
  run.outcome = CommandState::Failed;
  run.record.interlock = 0;
  const QString child = std::exchange(run.child, {});
  m_children.remove(child);
  if (!child.isEmpty()) (void)m_commands.cancel(child, by);
  if (run.phase != Phase::Over) beginStopping(run);
}

void Scenes::end(Run &run, CommandState state, const QString &text) {
  run.phase = Phase::Over;
  ++run.turn;
  SceneRecord &record = run.record;
  record.state = state;
  record.text = text;
  record.ended = m_clock.now();
  const Command &command = record.command;
  if (m_running.value(command.scene) == command.id) {
    m_running.remove(command.scene);
    m_runningCount.set(static_cast<double>(m_running.size()));
    m_last.insert(command.scene, {command.id, command.requestedBy, command.created, record.ended, state, text});
    if (state != CommandState::Succeeded) m_failedCount.add();
  }
  audit(run, toText(state), {command.requestedBy, command.address, {}},
        {{QStringLiteral("outcome"), toText(state)}, {QStringLiteral("text"), text}});
  keep();
  tell(run, state, text);
}

QList<SceneStatus> Scenes::all() const {
  QList<SceneStatus> all;
  for (const auto &each : m_scenes) {
    const Scene &scene = *each;
    SceneStatus status;
    status.id = scene.id;
    status.name = scene.name;
    status.goesOn = scene.goesOn;
    status.points = scene.points;
    for (const auto *steps : {&scene.steps, &scene.onStop}) {
      for (const SceneStep &step : *steps) {
        (steps == &scene.steps ? status.steps : status.onStop) << step.text;
        for (const InterlockCondition &condition : step.conditions) {
          status.inputs << condition.point;
          status.inputs << condition.excepted;
        }
      }
    }
    if (const auto last = m_last.constFind(scene.id); last != m_last.cend()) status.last = *last;
    if (const auto running = m_runs.find(m_running.value(scene.id)); running != m_runs.end()) {
      status.commandId = running->first;
      status.step = running->second.record.step;
      status.isStopping = running->second.record.isStopping;
    }
    all << status;
  }
  return all;
}

Scenes::Run &Scenes::remember(const Command &command) {
  Run &run = m_runs[command.id];
  run.record.command = command;
  run.scene = sceneOf(command.scene);
  run.last.commandId = command.id;
  run.last.scene = command.scene;
  if (run.scene) run.last.scenePoints = run.scene->points;
  m_order.enqueue(command.id);
  if (!command.correlationId.isEmpty()) m_byCorrelation.insert(command.correlationId, command.id);
  return run;
}

void Scenes::forgetOldest() {
  for (qsizetype left = m_order.size(); m_order.size() >= rememberedRuns && left > 0; --left) {
    const QString id = m_order.dequeue();
    const auto found = m_runs.find(id);
    if (found->second.phase != Phase::Over) {
      m_order.enqueue(id);
      continue;
    }
    const QString correlation = found->second.record.command.correlationId;
    if (m_byCorrelation.value(correlation) == id) m_byCorrelation.remove(correlation);
    m_runs.erase(found);
  }
}

Scenes::Run *Scenes::find(const QString &id) {
  const auto found = m_runs.find(id);
  return found == m_runs.end() ? nullptr : &found->second;
}

std::shared_ptr<const Scene> Scenes::sceneOf(int id) const {
  const auto found = std::find_if(m_scenes.begin(), m_scenes.end(), [id](const auto &each) { return each->id == id; });
  return found == m_scenes.end() ? nullptr : *found;
}

void Scenes::keep(KeptFile::Done done) {
  QList<SceneRecord> records;
  for (const QString &id : std::as_const(m_order)) records << m_runs.at(id).record;
  const auto list = [records = std::move(records)] {
    QJsonArray array;
    for (const SceneRecord &each : records) array << keptRecord(each);
    return array;
  };
  m_journal.write(list, std::move(done));
}

void Scenes::tell(Run &run, CommandState state, const QString &text) {
  run.record.state = state;
  run.last.state = state;
  run.last.error = text;
  run.last.interlock = state == CommandState::Blocked ? run.record.interlock : 0;
  const CommandStatus status = run.last;
  const QStringList ids = QStringList{status.commandId} + run.aliases;
  for (const QString &id : ids) {
    CommandStatus copy = status;
    copy.commandId = id;
    raise(copy);
  }
}

void Scenes::raise(const decltype(Event::body) &body) {
  ++m_nesting;
  m_hub.raise(nullptr, Event{0, m_clock.now(), QStringLiteral("tagwire"), body});
  --m_nesting;
}

void Scenes::audit(const Run &run, const QString &action, const Operator &by, const QJsonObject &details) {
  if (!m_audit) return;
  AuditEntry entry = entryBy(by, "scene", action, subjectOf(run.record.command.scene), run.record.command.id);
  entry.details = details;
  m_audit->append(std::move(entry));
}

}  // namespace tagwire
