// SPDX-License-Identifier: Apache-2.0
#include "commandrouter.h"

#include <algorithm>

namespace tagwire {

using namespace std::chrono_literals;

namespace {

// What a plugin may still need for the reply and the read-back of a command that it sent just before its end.
constexpr std::chrono::seconds grace{10};
constexpr std::chrono::seconds approvalLife{120};
constexpr std::chrono::milliseconds tickPeriod{20};
// A disk that fails, or hangs, keeps nobody from stopping a pump. A pulse that is not on the disk is one that the next
// run does not end, so it waits for a busy one.
constexpr std::chrono::seconds longestKeeping{1};
constexpr std::chrono::seconds longestKeepingOfAPulse{5};

QString textOf(CommandKind kind) {
  switch (kind) {
    case CommandKind::Toggle:
      return QStringLiteral("toggle");
    case CommandKind::Pulse:
      return QStringLiteral("pulse");
    default:
      return QStringLiteral("write");
  }
}

}  // namespace

CommandRouter::CommandRouter(const PointTable &points, Hub &hub, const Clock &clock, Execute execute)
    : m_points(points), m_hub(hub), m_clock(clock), m_execute(std::move(execute)) {
  connect(&m_hub, &Hub::commandStatus, this, &CommandRouter::follow);
  m_hub.setStatusFilter([this](const CommandStatus &status) { return !tellIfLate(status); });
  m_timer.setInterval(tickPeriod);
  connect(&m_timer, &QTimer::timeout, this, &CommandRouter::tick);
}

CommandRouter::~CommandRouter() {
  m_hub.setStatusFilter({});
  m_hub.unwatch(this);
}

void CommandRouter::request(Command given) {
  if (given.id.isEmpty()) given.id = newCommandId();
  if (find(given.id) || answerRepeat(given)) return;
  if (m_nesting == 0) forgetOldest();
  const auto command = checkedCommand(given, m_points, m_clock);
  const auto refused = command ? takeSelection(*command) : tl::unexpected(command.error());
  Known &known = remember(command ? *command : given);
  audit(known, textOf(given.kind), {given.requestedBy, given.address, given.comment});
  if (!refused) return end(known, CommandState::Failed, refused.error());
  if (!m_stopping.isEmpty() && !command->isUrgent) return end(known, CommandState::Failed, m_stopping);
  // Neither a trip nor a stop waits for what others have asked for.
  if (m_open > mostOpen && !command->isUrgent && !isStop(*command)) {
    return end(known, CommandState::Failed, QStringLiteral("busy: %1 commands are open already").arg(mostOpen));
  }
  if (!m_timer.isActive()) m_timer.start();
  known.expires = m_clock.elapsed() + (command->expires - m_clock.now());
  step(known, CommandState::Queued);
  const auto point = m_points.point(command->point);
  const bool needsApproval = point->commandRules && point->commandRules->confirm == Confirm::SecondPerson;
  if (!needsApproval || command->isUrgent) return enqueue(known);
  if (waitingForApproval(command->point) >= mostWaiting) {
    return end(known, CommandState::Failed,
               QStringLiteral("busy: %1 commands for point %2 wait for a second person")
                   .arg(mostWaiting)
                   .arg(nameOf(command->point)));
  }
  known.phase = Phase::Approval;
  known.deadline = m_clock.elapsed() + approvalLife;
  step(known, CommandState::Queued,
       QStringLiteral("waits %1 s for a second person to approve it").arg(approvalLife.count()));
}

/// Writing the safe value.
bool CommandRouter::isStop(const Command &command) const {
  const auto point = m_points.point(command.point);
  return point && command.kind == CommandKind::Write && isSafe(*point, command.value);
}

qsizetype CommandRouter::waitingForApproval(PointId point) const {
  return std::count_if(m_known.begin(), m_known.end(), [point](const auto &each) {
    return each.second.phase == Phase::Approval && each.second.command.point == point;
  });
}

bool CommandRouter::answerRepeat(const Command &given) {
  if (given.correlationId.isEmpty()) return false;
  Known *first = find(m_byCorrelation.value(given.correlationId));
  if (!first) return false;
  const Command &known = first->command;
  const auto point = m_points.point(given.point);
  const auto value = point ? convertTo(given.value, point->type) : Result<Value>(given.value);
  const bool isSame = known.point == given.point && known.kind == given.kind && known.duration == given.duration &&
                      (given.kind == CommandKind::Toggle || (value && *value == known.value));
  if (!isSame) {
    raise({given.id, given.point, CommandState::Failed, Value(),
           QStringLiteral("the correlation id was used for another command"), 0});
    return true;
  }
  if (first->aliases.size() < mostRemembered) first->aliases << given.id;
  CommandStatus status = first->last;
  status.commandId = given.id;
  raise(status);
  return true;
}

Result<void> CommandRouter::takeSelection(const Command &command) {
  const auto point = m_points.point(command.point);
  if (command.isUrgent || !point->commandRules || point->commandRules->confirm != Confirm::Select) return {};
  return m_selections.take(command.selection, *point, command.requestedBy, m_clock.elapsed());
}

void CommandRouter::enqueue(Known &known) {
  const PointId point = known.command.point;
  Lane &lane = m_lanes[point];
  if (static_cast<qsizetype>(lane.waiting.size()) >= mostWaiting && !known.command.isUrgent) {
    return end(known, CommandState::Failed,
               QStringLiteral("busy: %1 commands wait for point %2 already").arg(mostWaiting).arg(nameOf(point)));
  }
  known.phase = Phase::Waiting;
  known.deadline = known.expires;
  if (known.command.isUrgent) {
    lane.waiting.push_front(known.command.id);
  } else {
    lane.waiting.push_back(known.command.id);
  }
  if (Known *current = find(lane.current); current && isStop(known.command)) {
    stopPulse(*current, QStringLiteral("ended early by %1").arg(known.command.requestedBy));
  }
  next(point);
}

// Ends of commands lead here again: the outermost call goes on.
void CommandRouter::next(PointId point) {
  Lane &lane = m_lanes[point];
  if (std::exchange(lane.isTurning, true)) return;
  while (lane.current.isEmpty() && !lane.waiting.empty() && m_ends.count(point) == 0) {
    lane.current = lane.waiting.front();
    lane.waiting.pop_front();
    turn(*find(lane.current));
  }
  lane.isTurning = false;
}

void CommandRouter::turn(Known &known) {
  Command &command = known.command;
  if (!m_stopping.isEmpty() && !command.isUrgent) return end(known, CommandState::Failed, m_stopping);
  auto value = valueNow(command);
  if (!value) return end(known, CommandState::Failed, value.error());
  command.value = std::move(*value);
  const auto point = m_points.point(command.point);
  const Sample &actual = m_points.last(command.point);
  known.before = actual.value;
  const QString wrong =
      command.isUrgent ? QString()
                       : againstRules(*point, command.value, actual, m_lanes[command.point].use, m_clock.elapsed());
  if (!wrong.isEmpty()) return end(known, CommandState::Failed, wrong);
  known.phase = Phase::Keeping;
  known.deadline = m_clock.elapsed() + (command.kind == CommandKind::Pulse ? longestKeepingOfAPulse : longestKeeping);
  // Whether it was carried out must be known after a restart. Only what is dangerous twice waits for the disk.
  if (!command.correlationId.isEmpty() || command.kind == CommandKind::Pulse) {
    return keep([this, id = command.id](const Result<void> &) {
      m_isDiskSlow = false;
      handOver(id);
    });
  }
  keep();
  handOver(command.id);
}

Result<Value> CommandRouter::valueNow(const Command &command) const {
  if (command.kind != CommandKind::Toggle) return command.value;
  const Sample &last = m_points.last(command.point);
  const bool *isOn = std::get_if<bool>(&last.value);
  if (isOn && last.quality.isGood()) return Value(!*isOn);
  return failure(QStringLiteral("point %1 can't be toggled: what it is now is not known (%2)")
                     .arg(nameOf(command.point), toText(last.quality)));
}

QList<Obstacle> CommandRouter::obstaclesOf(const Command &command) const {
  if (command.isUrgent || !m_guard.obstacles) return {};
  return m_guard.obstacles(command.point, command.value);
}

/// Right before sending; the plugin asks.
std::optional<Obstacle> CommandRouter::obstacleNowOf(const QString &id) const {
  const auto found = m_known.find(id);
  if (found == m_known.end() || found->second.isClosed) {
    return Obstacle{CommandState::Failed, QStringLiteral("the command is over"), 0};
  }
  if (!m_stopping.isEmpty() && !found->second.command.isUrgent) {
    return Obstacle{CommandState::Failed, m_stopping, 0};
  }
  if (m_clock.elapsed() >= found->second.expires) {
    return Obstacle{CommandState::Expired, QStringLiteral("its time was up before it could be sent"), 0};
  }
  const QList<Obstacle> obstacles = obstaclesOf(found->second.command);
  if (obstacles.isEmpty()) return std::nullopt;
  if (obstacles.first().interlock != 0 && m_guard.blocked) m_guard.blocked(obstacles.first(), found->second.command);
  return obstacles.first();
}

void CommandRouter::handOver(const QString &id) {
  Known *known = find(id);
  if (!known || known->phase != Phase::Keeping) return;
  const Command &command = known->command;
  if (const auto obstacle = obstacleNowOf(id)) {
    return end(*known, obstacle->outcome, obstacle->text, {}, obstacle->interlock);
  }
  if (m_guard.warnings) {
    for (const QString &warning : m_guard.warnings(command.point, command.value)) {
      say(QStringLiteral("interlock_warning"), QStringLiteral("%1: %2").arg(nameOf(command.point), warning),
          Severity::Minor);
      audit(*known, QStringLiteral("warning"), {QStringLiteral("tagwire"), {}, warning});
    }
  }
  known->phase = Phase::Handed;
  known->deadline = known->expires + grace;
  m_lanes[command.point].use.sentAt = m_clock.elapsed();
  Command sent = command;
  sent.obstacle = [this, id] { return obstacleNowOf(id); };
  if (command.kind == CommandKind::Pulse) {
    sent.id += QLatin1String("/on");
    m_pulses.insert(sent.id, id);
  }
  sent.kind = CommandKind::Write;
  const auto handed = m_execute(m_points.point(command.point)->owner, sent);
  if (!handed && !known->isClosed) end(*known, CommandState::Failed, handed.error());
}

/// An outcome after the one that everybody was told: it is news of the plant, and changes nothing of the command.
bool CommandRouter::tellIfLate(const CommandStatus &status) {
  Known *known = find(status.commandId);
  if (!known || !known->isClosed) return false;
  if (!isFinal(status.state) || std::exchange(known->hasLateAnswer, true)) return true;
  const QString text = QStringLiteral("%1: after the command had ended as %2, the answer came that it %3")
                           .arg(nameOf(status.point), toText(known->last.state), toText(status.state));
  say(QStringLiteral("command_late_answer"), text, Severity::Minor);
  audit(*known, QStringLiteral("late answer"), {QStringLiteral("tagwire"), {}, {}},
        {{QStringLiteral("outcome"), toText(status.state)}, {QStringLiteral("after"), toJson(status.actualValue)}});
  return true;
}

void CommandRouter::follow(const CommandStatus &status) {
  if (followPulse(status)) return;
  Known *known = find(status.commandId);
  if (!known || known->isClosed) return;
  known->last = status;
  if (status.state >= CommandState::Sent) known->wasSent = true;
  const QStringList aliases = known->aliases;
  for (const QString &alias : aliases) {
    CommandStatus copy = status;
    copy.commandId = alias;
    raise(copy);
  }
  if (isFinal(status.state)) closed(*known);
}

void CommandRouter::step(const Known &known, CommandState state, const QString &text) {
  raise({known.command.id, known.command.point, state, Value(), text, 0});
}

void CommandRouter::end(Known &known, CommandState state, const QString &text, const Value &actual, int interlock) {
  if (known.phase == Phase::Over) return;
  known.phase = Phase::Over;
  raise({known.command.id, known.command.point, state, actual, text, interlock});
}

void CommandRouter::closed(Known &known) {
  known.phase = Phase::Over;
  known.isClosed = true;
  --m_open;
  QJsonObject details{{QStringLiteral("outcome"), toText(known.last.state)},
                      {QStringLiteral("before"), toJson(known.before)},
                      {QStringLiteral("after"), toJson(known.last.actualValue)}};
  if (!known.last.error.isEmpty()) details.insert(QStringLiteral("error"), known.last.error);
  if (known.last.interlock != 0) details.insert(QStringLiteral("interlock"), known.last.interlock);
  audit(known, toText(known.last.state), {known.command.requestedBy, known.command.address, {}}, details);
  // What is over must be neither ended nor told of once more by the next start.
  keep();
  const auto lane = m_lanes.find(known.command.point);
  if (lane == m_lanes.end()) return;  // it never waited
  std::erase(lane->second.waiting, known.command.id);
  if (lane->second.current == known.command.id) lane->second.current.clear();
  next(known.command.point);
}

void CommandRouter::tick() {
  const Moment now = m_clock.elapsed();
  m_journal.tick(now);
  QStringList due;
  for (const auto &[id, known] : m_known) {
    if (!known.isClosed && known.phase != Phase::PulseOff && now >= known.deadline) due << id;
  }
  for (const QString &id : std::as_const(due)) {
    if (Known *known = find(id)) checkDeadline(*known, now);
  }
  QList<PointId> points;
  for (const auto &[point, pulseEnd] : m_ends) {
    if (now >= pulseEnd.at) points << point;
  }
  for (const PointId point : std::as_const(points)) writeSafe(point);
  if (m_open == 0 && m_ends.empty()) m_timer.stop();
}

void CommandRouter::checkDeadline(Known &known, Moment) {
  switch (known.phase) {
    case Phase::Approval:
      return end(known, CommandState::Expired, QStringLiteral("nobody approved it in time"));
    case Phase::Waiting:
      return end(known, CommandState::Expired, QStringLiteral("its time was up before it could be sent"));
    case Phase::Keeping:
      if (!std::exchange(m_isDiskSlow, true)) {
        say(QStringLiteral("disk_slow"),
            QStringLiteral("the data directory takes too long to write: commands are sent without it, and would not be "
                           "known after a restart"),
            Severity::Minor);
      }
      return handOver(known.command.id);
    case Phase::Handed:
      if (known.command.kind == CommandKind::Pulse) {
        return endPulse(known, CommandStatus{{},
                                             known.command.point,
                                             CommandState::Unknown,
                                             Value(),
                                             QStringLiteral("the plugin gave no outcome in time"),
                                             0});
      }
      return end(known, CommandState::Unknown, QStringLiteral("the plugin gave no outcome in time"));
    case Phase::PulseOn:
      return endPulse(known, std::nullopt);
    default:
      return;
  }
}

}  // namespace tagwire
