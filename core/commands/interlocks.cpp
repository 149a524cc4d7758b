// SPDX-License-Identifier: Apache-2.0
#include "interlocks.h"

#include <algorithm>

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(interlockLog, "tagwire.interlocks", QtInfoMsg)

/// A state that nobody could tell is asked for again.
constexpr std::chrono::seconds askAgainAfter{5};
constexpr std::chrono::hours longestSleep{1};

}  // namespace

Interlocks::Interlocks(const PointTable &points, Hub &hub, const Clock &clock, Metrics &metrics)
    : m_points(points),
      m_hub(hub),
      m_clock(clock),
      m_inputs(points, clock),
      m_timer(this),
      m_tripped(metrics.gauge("tagwire_interlocks_tripped", "Trips that nobody has reset yet")),
      m_violated(metrics.gauge("tagwire_interlocks_violated", "Interlocks with a condition that is not met")),
      m_trips(metrics.counter("tagwire_interlock_trips_total", "Trips since the start")),
      m_failedForces(metrics.counter("tagwire_interlock_failed_writes_total",
                                     "Writes of safe values that failed; each is tried again")),
      m_latches(clock) {
  m_timer.setSingleShot(true);
  m_timer.setTimerType(Qt::PreciseTimer);
  connect(&m_timer, &QTimer::timeout, this, &Interlocks::advance);
}

Interlocks::~Interlocks() { stop(); }

void Interlocks::configure(const QList<InterlockRule> &rules, AskAlarm ask) {
  m_ask = std::move(ask);
  std::vector<Entry> before = std::exchange(m_entries, {});
  for (const InterlockRule &rule : rules) {
    m_entries.push_back({rule, m_clock.elapsed(), std::vector<bool>(rule.conditions.size()), {}, false, {}});
  }
  takeOver(std::move(before));
  index();
}

void Interlocks::index() {
  m_inputs.clear();
  m_byGuarded.clear();
  m_byAlarm.clear();
  m_byInput.clear();
  for (size_t index = 0; index < m_entries.size(); ++index) {
    const InterlockRule &rule = m_entries[index].rule;
    for (const GuardedPoint &each : rule.points) m_byGuarded[each.id].push_back(index);
    for (size_t i = 0; i < rule.conditions.size(); ++i) {
      const InterlockCondition &condition = rule.conditions[i];
      m_inputs.add(condition);
      if (condition.type == ConditionType::AlarmState) {
        m_byAlarm[{condition.instance, condition.rule}].push_back(index);
        continue;
      }
      for (const PointId point : QList<PointId>{condition.point} + condition.excepted) {
        m_byInput[point].push_back({index, i});
      }
    }
  }
}

/// From those of the manifest before.
void Interlocks::takeOver(std::vector<Entry> before) {
  for (Entry &old : before) {
    const int id = old.rule.id;
    Entry *now = find(id);
    if (now && now->rule == old.rule) {
      *now = std::move(old);
      continue;
    }
    if (!m_latches.find(id)) continue;
    m_forces.end(id);
    if (now && now->rule.mode == InterlockMode::Trip) {
      now->alarm = old.alarm;
      m_forces.begin(id, now->rule.points, m_clock.elapsed());  // the points may be others
      continue;
    }
    m_latches.remove(id);
    endAlarm(old, {QStringLiteral("tagwire"), {}, QStringLiteral("the manifest has this trip no more")});
  }
}

void Interlocks::configured() {
  count();
  if (!m_isRunning) return;
  m_hub.unwatch(this);
  watchInputs();
  QSet<QString> instances;
  for (auto each = m_byAlarm.cbegin(); each != m_byAlarm.cend(); ++each) instances.insert(each.key().first);
  for (const QString &each : instances) {
    if (m_inputs.isUp(each)) askAlarms(each);
  }
}

void Interlocks::watchInputs() {
  if (m_inputs.isEmpty()) return;
  m_hub.watch(this, m_inputs.points());
  for (const PointId point : m_inputs.points()) m_inputs.take(m_points.last(point));
  // Not from within the start of the host: no sink would hear of it.
  QMetaObject::invokeMethod(this, &Interlocks::advance, Qt::QueuedConnection);
}

void Interlocks::replacing(const QSet<QString> &instances) {
  const auto isOf = [&](PointId id) {
    const auto point = m_points.point(id);
    return point && instances.contains(point->owner);
  };
  for (Entry &entry : m_entries) {
    const auto &conditions = entry.rule.conditions;
    const bool isTouched = std::any_of(conditions.begin(), conditions.end(), [&](const auto &each) {
      return instances.contains(each.instance) || isOf(each.point) ||
             std::any_of(each.excepted.begin(), each.excepted.end(), isOf);
    });
    if (isTouched) entry.since = m_clock.elapsed();
  }
}

void Interlocks::watch(const InterlockCondition &condition) {
  m_inputs.add(condition);
  // So that its state is asked for and followed.
  if (condition.type == ConditionType::AlarmState) m_byAlarm[{condition.instance, condition.rule}];
}

void Interlocks::start(const QString &dataDir) {
  if (std::exchange(m_isRunning, true)) return;
  for (Entry &entry : m_entries) entry.since = m_clock.elapsed();
  recall(dataDir);
  watchInputs();
}

void Interlocks::stop() {
  if (!std::exchange(m_isRunning, false)) return;
  m_hub.unwatch(this);
  m_timer.stop();
  m_latches.flush();
}

void Interlocks::instanceChanged(const QString &instance, bool isUp) {
  const bool wasUp = m_inputs.isUp(instance);
  m_inputs.setUp(instance, isUp);
  if (!m_isRunning || m_inputs.isEmpty()) return;
  if (isUp) askAlarms(instance);
  if (wasUp != isUp) advance();
}

Standing Interlocks::standing(const Entry &entry, size_t condition) const {
  return m_inputs.standing(entry.rule.conditions[condition], entry.wasOutside[condition]);
}

const InterlockCondition *Interlocks::unmet(const Entry &entry, Standing &how) const {
  const InterlockCondition *unknown = nullptr;
  for (size_t i = 0; i < entry.rule.conditions.size(); ++i) {
    how = standing(entry, i);
    if (how == Standing::NotMet) return &entry.rule.conditions[i];
    if (how == Standing::Unknown && !unknown) unknown = &entry.rule.conditions[i];
  }
  how = unknown ? Standing::Unknown : Standing::Met;
  return unknown;
}

bool Interlocks::isStartup(const Entry &entry) const { return m_clock.elapsed() < entry.since + entry.rule.startup; }

void Interlocks::samplesPassed(const Samples &watched) {
  std::vector<size_t> touched;
  for (const Sample &sample : watched) {
    m_inputs.take(sample);
    const auto places = m_byInput.constFind(sample.point);
    if (places == m_byInput.cend()) continue;
    for (const Place &place : *places) {
      note(sample, place);
      touched.push_back(place.entry);
    }
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const size_t entry : touched) judge(m_entries[entry]);
}

/// A batch may hold several samples of a point, and a trip has to see each.
void Interlocks::note(const Sample &sample, const Place &place) {
  Entry &entry = m_entries[place.entry];
  const InterlockCondition &condition = entry.rule.conditions[place.condition];
  if (!condition.excepted.isEmpty()) return;  // several points make one count, which is whole at the end of the batch
  const Standing how = m_inputs.standing(condition, entry.wasOutside[place.condition], sample);
  if (how != Standing::Unknown) entry.wasOutside[place.condition] = how == Standing::NotMet;
  const bool counts = how == Standing::NotMet || (how == Standing::Unknown && !isStartup(entry));
  const bool mayTrip = entry.rule.mode == InterlockMode::Trip && entry.rule.delay.count() == 0;
  if (counts && mayTrip && entry.glimpse.isEmpty() && !m_latches.find(entry.rule.id)) {
    entry.glimpse = m_inputs.text(condition, sample);
  }
}

void Interlocks::eventPassed(const Event &event) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    const bool isJudged = alarm->condition != AlarmCondition::OutOfService;
    alarmIs(event.source, alarm->ruleId, isJudged ? std::optional(alarm->state) : std::nullopt);
  } else if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) {
    const bool isJudged =
        change->condition != AlarmCondition::OutOfService && change->cause != QLatin1String("rule_removed");
    alarmIs(event.source, change->ruleId, isJudged ? std::optional(change->state) : std::nullopt);
  }
}

void Interlocks::alarmIs(const QString &instance, int rule, std::optional<AlarmState> state) {
  const auto entries = m_byAlarm.constFind({instance, rule});
  if (entries == m_byAlarm.cend()) return;
  ++m_alarmTurns[{instance, rule}];
  m_inputs.setAlarm(instance, rule, state);
  for (const size_t entry : *entries) judge(m_entries[entry]);
}

void Interlocks::askAlarms(const QString &instance) {
  if (!m_ask) return;
  for (const int rule : m_inputs.rulesOf(instance)) {
    if (m_inputs.isAlarmKnown(instance, rule)) continue;
    m_askAgainAt = m_clock.elapsed() + askAgainAfter;
    const QPair<QString, int> alarm(instance, rule);
    m_ask(instance, rule, [this, alarm, turn = ++m_alarmTurns[alarm]](const Result<AlarmStatus> &answer) {
      if (!m_isRunning || !answer || turn != m_alarmTurns.value(alarm) || !m_inputs.isUp(alarm.first)) return;
      if (answer->transition.condition == AlarmCondition::OutOfService) return;
      alarmIs(alarm.first, alarm.second, answer->transition.state);
    });
  }
  arm(m_askAgainAt);
}

/// Whether it is violated now, and has been for the delay.
void Interlocks::judge(Entry &entry) {
  if (!m_isRunning) return;
  if (const QString glimpse = std::exchange(entry.glimpse, {}); !glimpse.isEmpty()) trip(entry, glimpse);
  for (const InterlockCondition &condition : entry.rule.conditions) arm(m_inputs.expiry(condition));
  Standing how = Standing::Met;
  const InterlockCondition *unmetOne = unmet(entry, how);
  const bool isUnmet = unmetOne != nullptr;
  followAlarm(entry, unmetOne);
  const bool isExcused = how == Standing::Unknown && isStartup(entry);
  if (!isUnmet || isExcused) {
    entry.unmetSince.reset();
    if (isExcused) arm(entry.since + entry.rule.startup);
    return settle(entry, false);
  }
  const Elapsed now = m_clock.elapsed();
  if (!entry.unmetSince) entry.unmetSince = now;
  if (now - *entry.unmetSince < entry.rule.delay) return arm(*entry.unmetSince + entry.rule.delay);
  settle(entry, true);
}

void Interlocks::settle(Entry &entry, bool isViolated) {
  if (std::exchange(entry.isViolated, isViolated) == isViolated) return;
  count();
  Standing how = Standing::Met;
  const InterlockCondition *condition = unmet(entry, how);
  const QString cause = condition ? m_inputs.text(*condition) : QString();
  if (entry.rule.mode == InterlockMode::Trip) {
    if (isViolated && !m_latches.find(entry.rule.id)) trip(entry, cause);
    return;
  }
  if (isViolated) return tell(entry, "interlock_violated", QStringLiteral(": ") + cause, entry.rule.severity);
  tell(entry, "interlock_met", QStringLiteral(": every condition is met again"), Severity::Info);
}

void Interlocks::trip(Entry &entry, const QString &cause) {
  const InterlockLatch &latch = m_latches.add(entry.rule.id, cause);
  m_forces.begin(entry.rule.id, entry.rule.points, m_clock.elapsed());
  arm(m_latches.nextTry());
  m_trips.add();
  count();
  tell(entry, "interlock_tripped", QStringLiteral(" tripped: ") + cause, entry.rule.severity);
  showAlarm(entry,
            alarmOf(entry, latch.alarmId, AlarmState::Alarm, entry.rule.text() + QStringLiteral(" tripped: ") + cause));
  requestForces();
}

void Interlocks::tellBlocked(const Obstacle &obstacle, const Command &command) {
  Entry *entry = find(obstacle.interlock);
  if (!entry) return;
  const Elapsed now = m_clock.elapsed();
  if (entry->blockedAt && now - *entry->blockedAt < std::chrono::seconds(1)) return;
  entry->blockedAt = now;
  const auto point = m_points.point(command.point);
  const QString text = QStringLiteral("a command of %1 for %2 was blocked: %3")
                           .arg(command.requestedBy, point ? point->fullName : QString(), obstacle.text);
  qCWarning(interlockLog).noquote() << text;
  raise(SystemEvent{QStringLiteral("command_blocked"), text, entry->rule.severity});
  if (m_latches.find(entry->rule.id)) return;
  AlarmTransition blocked = alarmOf(*entry, m_latches.nextAlarmId(), AlarmState::Alarm, text);
  raise(blocked);
  blocked.previous = std::exchange(blocked.state, AlarmState::Ok);
  blocked.condition = AlarmCondition::Normal;
  raise(blocked);
}

/// From the event loop: a source that is just handing over samples gets no command in between.
void Interlocks::requestForces() {
  if (std::exchange(m_areForcesRequested, true)) return;
  QMetaObject::invokeMethod(this, &Interlocks::sendForces, Qt::QueuedConnection);
}

void Interlocks::sendForces() {
  m_areForcesRequested = false;
  if (!m_isRunning) return;
  const auto commands = m_forces.due(m_clock.elapsed());
  for (Command command : commands) {
    const int id = m_forces.interlockOf(command.id);
    const InterlockLatch *latch = m_latches.find(id);
    const Entry *entry = find(id);
    if (!latch || !entry) continue;  // reset by what an earlier one of these led to
    command.created = m_clock.now();
    command.comment = QStringLiteral("%1 tripped: %2").arg(entry->rule.text(), latch->cause);
    Q_EMIT forced(command);
  }
  arm(m_forces.next());
}

void Interlocks::commandEnded(const CommandStatus &status) {
  Entry *entry = find(m_forces.interlockOf(status.commandId));
  if (!entry) return;
  const auto outcome = m_forces.ended(status, m_clock.elapsed());
  const bool hasFailed =
      outcome == InterlockForces::Outcome::Failed || outcome == InterlockForces::Outcome::FailedAgain;
  if (hasFailed) m_failedForces.add();
  if (outcome == InterlockForces::Outcome::Failed) {
    const auto point = m_points.point(status.point);
    tell(*entry, "interlock_not_forced",
         QStringLiteral(": %1 could not be brought to its safe value, which is tried again: %2")
             .arg(point ? point->fullName : QString(), status.error.isEmpty() ? toText(status.state) : status.error),
         Severity::Critical);
  }
  arm(m_forces.next());
}

void Interlocks::advance() {
  if (!m_isRunning) return;
  m_armedFor = Elapsed::max();
  m_latches.advance();
  for (Entry &entry : m_entries) judge(entry);
  if (m_askAgainAt && m_clock.elapsed() >= *m_askAgainAt) {
    m_askAgainAt.reset();
    QStringList instances;
    for (auto each = m_byAlarm.cbegin(); each != m_byAlarm.cend(); ++each) {
      if (m_inputs.isUp(each.key().first) && !instances.contains(each.key().first)) instances << each.key().first;
    }
    for (const QString &each : instances) askAlarms(each);
  }
  if (const auto next = m_forces.next(); next && *next <= m_clock.elapsed()) requestForces();
  armAll();
}

void Interlocks::armAll() {
  arm(m_askAgainAt);
  arm(m_latches.nextTry());
  if (!m_areForcesRequested) arm(m_forces.next());
}

/// A deadline that moves away is looked at again when the timer runs out.
void Interlocks::arm(std::optional<Elapsed> at) {
  if (!at || *at >= m_armedFor || !m_isRunning) return;
  m_armedFor = *at;
  using std::chrono::milliseconds;
  const auto wait = std::chrono::ceil<milliseconds>(*at - m_clock.elapsed());
  m_timer.start(std::clamp<milliseconds>(wait, milliseconds(0), longestSleep));
}

Interlocks::Entry *Interlocks::find(int id) {
  if (id < 1) return nullptr;
  const auto found =
      std::find_if(m_entries.begin(), m_entries.end(), [id](const Entry &each) { return each.rule.id == id; });
  return found == m_entries.end() ? nullptr : &*found;
}

void Interlocks::count() {
  m_tripped.set(static_cast<double>(m_latches.all().size()));
  m_violated.set(static_cast<double>(
      std::count_if(m_entries.begin(), m_entries.end(), [](const Entry &each) { return each.isViolated; })));
}

void Interlocks::tell(const Entry &entry, const char *kind, const QString &what, Severity severity) {
  const QString text = entry.rule.text() + what;
  if (severity == Severity::Info) {
    qCInfo(interlockLog).noquote() << text;
  } else {
    qCWarning(interlockLog).noquote() << text;
  }
  raise(SystemEvent{QString::fromLatin1(kind), text, severity});
}

void Interlocks::raise(const decltype(Event::body) &body) {
  m_hub.raise(nullptr, Event{0, m_clock.now(), QStringLiteral("tagwire"), body});
}

}  // namespace tagwire
