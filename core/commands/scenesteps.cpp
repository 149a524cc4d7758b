// SPDX-License-Identifier: Apache-2.0
// Scenes: the steps of a run, one after the other.
#include "scenes.h"

namespace tagwire {

namespace {

/// on_stop may have to wait until a command that was sent for the same point has ended.
constexpr std::chrono::seconds stoppingLife{30};
constexpr qsizetype mostNamed = 3;

QString outcomeWords(CommandState state) {
  switch (state) {
    case CommandState::Blocked:
      return QStringLiteral("was blocked");
    case CommandState::Expired:
      return QStringLiteral("expired");
    case CommandState::Unknown:
      return QStringLiteral("has an unknown outcome");
    default:
      return QStringLiteral("failed");
  }
}

QString firstOf(const QStringList &texts) {
  const qsizetype more = texts.size() - mostNamed;
  const QString first = texts.mid(0, mostNamed).join(QLatin1String("; "));
  return more > 0 ? first + QStringLiteral("; and %1 more").arg(more) : first;
}

}  // namespace

const std::vector<SceneStep> &Scenes::stepsOf(const Run &run) {
  return run.record.isStopping ? run.scene->onStop : run.scene->steps;
}

/// "step 2 of 5 (wait 2000 ms)". A scene of an earlier run of the program may be another one now.
QString Scenes::stepText(const Run &run) {
  const int number = run.record.step;
  const QString which =
      run.record.isStopping ? QStringLiteral("step %1 of on_stop").arg(number) : QStringLiteral("step %1").arg(number);
  if (!run.scene || number < 1 || static_cast<size_t>(number) > stepsOf(run).size()) return which;
  return QStringLiteral("step %1 of %2%3 (%4)")
      .arg(number)
      .arg(stepsOf(run).size())
      .arg(run.record.isStopping ? QStringLiteral(" of on_stop") : QString(),
           stepsOf(run)[static_cast<size_t>(number) - 1].text);
}

/// Which step it was has to be known after the program was killed. A disk that fails, or hangs, holds nothing up.
void Scenes::beginStep(Run &run, int number) {
  run.record.step = number;
  run.phase = Phase::Keeping;
  run.deadline = m_clock.elapsed() + std::chrono::seconds(1);
  const quint64 turn = ++run.turn;
  const QString id = run.record.command.id;
  tell(run, CommandState::Sent, stepText(run));
  if (run.turn == turn) keep([this, id, turn](const Result<void> &) { carryOut(id, turn); });
}

void Scenes::carryOut(const QString &id, quint64 turn) {
  Run *run = find(id);
  if (!run || run->turn != turn || run->phase != Phase::Keeping) return;
  const SceneStep &step = stepsOf(*run)[static_cast<size_t>(run->record.step) - 1];
  if (step.kind == SceneStep::Kind::Act) return act(*run, step);
  run->deadline = m_clock.elapsed() + step.time;
  run->phase = step.kind == SceneStep::Kind::Wait ? Phase::Waiting : Phase::Awaiting;
  run->wasOutside.assign(step.conditions.size(), false);
  if (run->phase == Phase::Awaiting) look(*run);
}

void Scenes::act(Run &run, const SceneStep &step) {
  const Command &asked = run.record.command;
  Command command;
  command.id = QStringLiteral("%1/%2%3")
                   .arg(asked.id, run.record.isStopping ? QStringLiteral("stop") : QString())
                   .arg(run.record.step);
  command.point = step.action.point;
  command.kind = step.action.kind;
  command.value = step.action.value;
  command.duration = step.action.duration;
  command.requestedBy = asked.requestedBy;
  command.address = asked.address;
  command.created = m_clock.now();
  if (run.record.isStopping) command.expires = command.created + stoppingLife;
  command.comment =
      QStringLiteral("%1, %2").arg(run.scene->text(), run.record.isStopping ? QStringLiteral("on_stop, ") : QString()) +
      QStringLiteral("step %1 of %2").arg(run.record.step).arg(stepsOf(run).size());
  if (!asked.comment.isEmpty()) command.comment += QLatin1String(": ") + asked.comment;
  run.phase = Phase::Acting;
  run.child = command.id;
  m_children.insert(command.id, asked.id);
  m_commands.request(command);
}

void Scenes::follow(const CommandStatus &status) {
  const auto child = m_children.constFind(status.commandId);
  if (child == m_children.cend() || !isFinal(status.state)) return;
  Run *run = find(*child);
  m_children.erase(child);
  if (!run || run->child != status.commandId) return;
  run->child.clear();
  if (status.state != CommandState::Succeeded) stepFailed(*run, status);
  goOn(*run);
}

void Scenes::stepFailed(Run &run, const CommandStatus &how) {
  QString text = QStringLiteral("%1 %2").arg(stepText(run), outcomeWords(how.state));
  if (!how.error.isEmpty()) text += QLatin1String(": ") + how.error;
  if (run.record.isStopping) {
    run.undone << text;
    return;
  }
  if (run.failures.isEmpty()) {
    run.outcome = how.state;
    run.record.interlock = how.interlock;
  }
  run.failures << text;
}

/// After a step, however it ended.
void Scenes::goOn(Run &run) {
  if (run.phase == Phase::Over) return;
  const bool isToStop = !run.record.isStopping && !run.failures.isEmpty() && !run.scene->goesOn;
  if (isToStop) return beginStopping(run);
  if (static_cast<size_t>(run.record.step) < stepsOf(run).size()) return beginStep(run, run.record.step + 1);
  finish(run);
}

void Scenes::beginStopping(Run &run) {
  if (run.scene->onStop.empty()) return finish(run);
  run.record.isStopping = true;
  beginStep(run, 1);
}

void Scenes::finish(Run &run) {
  m_children.remove(run.child);
  QString text = firstOf(run.failures);
  if (run.failures.isEmpty()) {
    text = run.scene->steps.size() == 1 ? QStringLiteral("its step was carried out")
                                        : QStringLiteral("all %1 steps were carried out").arg(run.scene->steps.size());
  }
  if (!run.undone.isEmpty()) {
    text += QStringLiteral("; of on_stop: ") + firstOf(run.undone);
  } else if (run.record.isStopping) {
    text += QStringLiteral("; on_stop was carried out");
  }
  end(run, run.outcome, text);
}

/// From the event loop: a source that is just handing over samples gets no command in between.
void Scenes::lookSoon() {
  if (m_running.isEmpty() || std::exchange(m_isLookDue, true)) return;
  QMetaObject::invokeMethod(
      this,
      [this] {
        m_isLookDue = false;
        tick();
      },
      Qt::QueuedConnection);
}

void Scenes::samplesPassed(const Samples &) { lookSoon(); }

void Scenes::eventPassed(const Event &event) {
  const bool isAlarm =
      std::holds_alternative<AlarmTransition>(event.body) || std::holds_alternative<AlarmConditionChange>(event.body);
  if (isAlarm) lookSoon();
}

void Scenes::look(Run &run) {
  const SceneStep &step = stepsOf(run)[static_cast<size_t>(run.record.step) - 1];
  const InterlockCondition *unmet = nullptr;
  for (size_t i = 0; i < step.conditions.size(); ++i) {
    const Standing how = m_interlocks.standing(step.conditions[i], run.wasOutside[i]);
    if (how != Standing::Unknown) run.wasOutside[i] = how == Standing::NotMet;
    if (how != Standing::Met && !unmet) unmet = &step.conditions[i];
  }
  if (!unmet) return goOn(run);
  if (m_clock.elapsed() < run.deadline) return;
  CommandStatus late;
  late.state = CommandState::Failed;
  late.error = QStringLiteral("its time was up: ") + m_interlocks.text(*unmet);
  stepFailed(run, late);
  goOn(run);
}

void Scenes::tick() {
  m_journal.tick(m_clock.elapsed());
  const QStringList open = m_running.values();
  for (const QString &id : open) {
    Run *run = find(id);
    if (!run) continue;
    if (run->phase == Phase::Awaiting) {
      look(*run);
    } else if (run->phase == Phase::Keeping && m_clock.elapsed() >= run->deadline) {
      carryOut(id, run->turn);
    } else if (run->phase == Phase::Waiting && m_clock.elapsed() >= run->deadline) {
      goOn(*run);
    }
  }
  if (m_running.isEmpty()) m_timer.stop();
}

}  // namespace tagwire
