// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"

#include <algorithm>

namespace tagwire::alarms {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes rateWindow{10};

template <class T>
void sortUnique(QList<T> &list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

void setStored(Event &event, bool isStored) {
  if (auto *alarm = std::get_if<AlarmTransition>(&event.body)) alarm->isStored = isStored;
  if (auto *change = std::get_if<AlarmConditionChange>(&event.body)) change->isStored = isStored;
}

/// The rule under which the store itself is watched. It looks at no point: the shell sets its state.
Rule storeRule(int id, const QString &instance) {
  Rule rule;
  rule.id = id;
  rule.name = QStringLiteral("Alarm store of \"%1\"").arg(instance);
  rule.area = QStringLiteral("tagwire");
  rule.severity = Severity::Major;
  rule.alarmThreshold = 1;
  return rule;
}

}  // namespace

Alarms::Alarms(AlarmsConfig config, PluginContext &context, std::shared_ptr<RuleIds> ids)
    : m_config(std::move(config)),
      m_context(context),
      m_ids(std::move(ids)),
      m_storeRule(m_ids->enterOwn(context.id())),
      m_timer(this),
      m_transitions(
          context.metrics().counter("tagwire_alarms_transitions_total", "Changes between OK, WARNING, ALARM")),
      m_actions(context.metrics().counter("tagwire_alarms_condition_changes_total",
                                          "Acknowledgements, shelvings, suppressions and other changes of condition")),
      m_ignored(context.metrics().counter("tagwire_alarms_ignored_samples_total",
                                          "Samples of watched points that held nothing a rule can look at")),
      m_active(context.metrics().gauge("tagwire_alarms_active", "Rules in WARNING or ALARM")),
      m_tenMinutes(context.metrics().gauge("tagwire_alarms_last_ten_minutes",
                                           "Alarms that came within the last ten minutes; over 10 is a flood")) {
  m_timer.setSingleShot(true);
  m_timer.setTimerType(Qt::PreciseTimer);
  connect(&m_timer, &QTimer::timeout, this, &Alarms::wake);
}

Alarms::~Alarms() {
  stop();
  m_ids->leave(m_context.id());
}

void Alarms::start() {
  if (m_running) return;
  m_running = true;
  makeEngine();
  m_notifications = std::make_unique<NotificationDesk>(m_config.notifications, m_context);
  m_store =
      std::make_unique<AlarmStore>(m_context.dataDir(), QStringLiteral("alarms-%1.db").arg(m_context.id()),
                                   m_context.points(), m_context.log(), m_context.metrics(), m_config.historyRecords);
  connect(m_store.get(), &AlarmStore::wentDown, this, &Alarms::storeDown);
  connect(m_store.get(), &AlarmStore::needsAll, this, &Alarms::storeAll);
  connect(m_notifications.get(), &NotificationDesk::settled, this, [this](qint64 notice) {
    m_notices.remove(notice);
    StoreWork work;
    work.settledNotices << notice;
    m_store->commit(std::move(work), [](bool) {});
  });
  connect(m_notifications.get(), &NotificationDesk::postponed, this, [this](const Notice &notice) {
    m_notices.insert(notice.id, notice);
    StoreWork work;
    work.notices << notice;
    m_store->commit(std::move(work), [](bool) {});
  });
  m_store->open([this](Result<StoreContent> content) { opened(std::move(content)); });
}

void Alarms::makeEngine() {
  AlarmEngine::World world;
  world.bind = [this](const QString &name) {
    const auto point = m_context.points().point(m_context.points().find(name));
    return point ? AlarmEngine::Binding{point->id, point->number.value_or(0)} : AlarmEngine::Binding();
  };
  world.last = [this](PointId point) { return m_context.points().last(point); };
  world.nextOccurrence = [this] { return m_ids->nextOccurrence(); };
  m_engine = std::make_unique<AlarmEngine>(
      AlarmEngine::Settings{m_config.groups, m_config.escalations, m_config.chatter, m_config.longestShelving},
      std::move(world));
  for (const Rule &rule : m_config.rules) m_engine->put(rule);
  m_engine->put(storeRule(m_storeRule, m_context.id()));
}

void Alarms::opened(Result<StoreContent> content) {
  if (!m_running) return;
  if (m_isReady) return openedLate(content);
  if (!content) m_storeTrouble = content.error();
  const StoreContent held = content ? std::move(*content) : StoreContent();
  m_ids->beginOccurrences(held.lastOccurrence, m_context.clock());
  m_lastNotice = held.lastNotice;
  const Moment moment = now();
  Outcome outcome;
  takeRules(held.rules);
  takeMemories(held.alarms, moment, outcome);
  m_isReady = true;
  showStatus();
  takeNotices(held.notices);
  m_notifications->start();
  // What came before we ran counts: a value that is already too high is an alarm, not only the next one.
  m_engine->begin(moment, outcome);
  publish(outcome, moment);
  if (!held.setAside.isEmpty()) {
    const QString text = QStringLiteral("the alarm store was damaged and lies now in %1; states and history begin anew")
                             .arg(held.setAside);
    setStoreAlarm(AlarmState::Alarm, text);
    setStoreAlarm(AlarmState::Ok, {});
  }
  const bool isTrouble = !m_storeTrouble.isEmpty();
  setStoreAlarm(isTrouble ? AlarmState::Alarm : AlarmState::Ok, m_storeTrouble);
}

/// The store could not be opened at the start, but now. needsAll() follows.
void Alarms::openedLate(const Result<StoreContent> &content) {
  if (!content) return;
  m_ids->beginOccurrences(content->lastOccurrence, m_context.clock());
  m_lastNotice = std::max(m_lastNotice, content->lastNotice);
  const Moment moment = now();
  Outcome outcome;
  QList<AlarmRule> rules = content->rules;
  rules.removeIf([this](const AlarmRule &each) { return m_ownRules.contains(each.id); });
  takeRules(rules);
  for (const KeptAlarm &each : content->alarms) {
    const auto memory = AlarmMemory::fromJson(each.memory);
    if (memory) m_engine->adopt(each.ruleId, *memory, moment, outcome);
  }
  for (const AlarmRule &each : rules) m_engine->begin(each.id, moment, outcome);
  takeNotices(content->notices);
  publish(outcome, moment);
}

void Alarms::takeNotices(const QList<Notice> &notices) {
  for (const Notice &each : notices) m_notices.insert(each.id, each);
  m_notifications->restore(notices);
}

void Alarms::takeRules(const QList<AlarmRule> &rules) {
  for (const AlarmRule &each : rules) {
    const auto rule = readRule(each.rule, surroundings());
    if (!rule) {
      qCWarning(m_context.log()).noquote() << "rule" << each.id << "of run time is left out:" << rule.error().first();
    } else if (!m_ids->enter(each.id, m_context.id()) || m_engine->has(each.id)) {
      qCWarning(m_context.log()) << "rule" << each.id << "of run time is left out: the manifest has that id";
    } else {
      m_engine->put(*rule);
    }
    m_ownRules.insert(each.id, each);
  }
}

void Alarms::takeMemories(const QList<KeptAlarm> &alarms, const Moment &moment, Outcome &outcome) {
  for (const KeptAlarm &each : alarms) {
    const auto memory = AlarmMemory::fromJson(each.memory);
    if (!memory) {
      qCWarning(m_context.log()).noquote() << "what was stored of rule" << each.ruleId << "is lost:" << memory.error();
    } else if (m_engine->restore(each.ruleId, *memory)) {
      continue;
    } else if (!m_ownRules.contains(each.ruleId)) {
      outcome.events << goneEvent(each.ruleId, *memory, moment);
    }
    outcome.touched << each.ruleId;
  }
}

/// The manifest does not have the rule any more, though its alarm stood.
Event Alarms::goneEvent(int ruleId, const AlarmMemory &memory, const Moment &moment) {
  AlarmConditionChange gone;
  gone.alarmId = memory.occurrence;
  gone.ruleId = ruleId;
  gone.previous = memory.condition.condition();
  gone.cause = QStringLiteral("rule_removed");
  gone.by = QStringLiteral("tagwire");
  return {.sequence = 0, .time = moment.time, .source = {}, .body = gone};
}

void Alarms::stop() {
  m_timer.stop();
  m_isReady = false;
  if (m_notifications) m_notifications->stop();
  // What waits for the disk is told yet; its notices lie in the store for the next start.
  if (m_store) m_store->close();
  m_running = false;
  m_store.reset();
  m_notifications.reset();
  m_engine.reset();
  m_ownRules.clear();
  m_notices.clear();
  m_storeTrouble.clear();
}

void Alarms::write(const Samples &samples) {
  if (!m_running) return;
  // Until the store is open the point table keeps the newest values for us.
  if (m_isReady) {
    const Moment moment = now();
    Outcome outcome;
    for (const Sample &sample : samples) m_engine->take(sample, moment, outcome);
    publish(outcome, moment);
  }
  if (m_running) Q_EMIT written();
}

void Alarms::notify(const Event &) {}

Moment Alarms::now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

void Alarms::showStatus() {
  QStringList troubles;
  const QStringList unknown = m_engine->unknownPoints();
  if (!unknown.isEmpty()) troubles << QStringLiteral("no such point: %1").arg(unknown.join(u", "));
  if (!m_storeTrouble.isEmpty()) troubles << QStringLiteral("alarm store: %1").arg(m_storeTrouble);
  Q_EMIT statusChanged(troubles.isEmpty() ? PluginState::Running : PluginState::Degraded,
                       troubles.join(QStringLiteral("; ")));
}

void Alarms::storeDown(const QString &reason) {
  m_storeTrouble = reason;
  if (!m_isReady) return;
  showStatus();
  setStoreAlarm(AlarmState::Alarm, reason);
}

/// The store is back and may have missed much.
void Alarms::storeAll() {
  m_storeTrouble.clear();
  if (!m_isReady) return;
  StoreWork work;
  work.isWhole = true;
  const QList<int> ids = m_engine->ruleIds();
  for (const int id : ids) work.alarms << KeptAlarm{id, m_engine->memoryOf(id)};
  for (const AlarmRule &each : std::as_const(m_ownRules)) work.rules << each;
  work.notices = m_notices.values();
  m_store->commit(std::move(work), [](bool) {});
  showStatus();
  setStoreAlarm(AlarmState::Ok, {});
}

void Alarms::setStoreAlarm(AlarmState state, const QString &text) {
  const Moment moment = now();
  Outcome outcome;
  m_engine->set(m_storeRule, state, text, moment, outcome);
  publish(outcome, moment);
}

void Alarms::wake() {
  if (!m_isReady) return;
  const Moment moment = now();
  Outcome outcome;
  m_engine->takeTime(moment, outcome);
  publish(outcome, moment);
}

/// Stores what came of something, then tells it. `released` is called once all of it was told.
void Alarms::publish(Outcome &outcome, const Moment &moment, QList<AlarmRule> rules, Released released) {
  count(outcome, moment);
  armTimer(moment);
  if (outcome.events.isEmpty() && outcome.touched.isEmpty() && rules.isEmpty()) {
    if (released) released();
    return;
  }
  StoreWork work;
  work.records = outcome.events;
  work.rules = std::move(rules);
  sortUnique(outcome.touched);
  for (const int id : std::as_const(outcome.touched)) work.alarms << KeptAlarm{id, m_engine->memoryOf(id)};
  for (const Occasion &each : std::as_const(outcome.occasions)) {
    work.notices << m_notifications->noticesFor(each, [this] { return ++m_lastNotice; });
  }
  const QList<Notice> notices = work.notices;
  for (const Notice &each : notices) m_notices.insert(each.id, each);
  m_store->commit(std::move(work), [this, events = outcome.events, notices, released](bool isStored) {
    release(events, notices, isStored);
    if (released) released();
  });
}

void Alarms::release(QList<Event> events, const QList<Notice> &notices, bool isStored) {
  for (Event &event : events) {
    if (!m_running) return;  // whoever got the event before may have stopped us
    setStored(event, isStored);
    Q_EMIT eventRaised(event);
  }
  if (!m_isReady) return;
  for (const Notice &notice : notices) m_notifications->send(notice);
}

void Alarms::count(const Outcome &outcome, const Moment &moment) {
  if (outcome.ignored > 0) m_ignored.add(static_cast<double>(outcome.ignored));
  for (const int rule : outcome.notUsable) {
    qCWarning(m_context.log()) << "rule" << rule
                               << "gets values that it can't look at: ignored until there is one that it can";
  }
  for (const Event &event : outcome.events) {
    const auto *alarm = std::get_if<AlarmTransition>(&event.body);
    (alarm ? m_transitions : m_actions).add();
    const bool came = alarm && alarm->state > alarm->previous && alarm->condition <= AlarmCondition::Latched;
    if (came) m_came.push_back(moment.elapsed);
  }
  while (!m_came.empty() && m_came.front() + rateWindow <= moment.elapsed) m_came.pop_front();
  m_tenMinutes.set(static_cast<double>(m_came.size()));
  m_active.set(static_cast<double>(m_engine->activeCount()));
}

void Alarms::armTimer(const Moment &moment) {
  const auto due = m_engine->nextDue().value_or(std::chrono::nanoseconds::max());
  // Never longer than a minute: schedules go by the wall clock, and somebody may set that.
  const auto latest = moment.elapsed + std::chrono::minutes(1);
  const auto wait = std::chrono::ceil<milliseconds>(std::min<std::chrono::nanoseconds>(due, latest) - moment.elapsed);
  m_timer.start(std::max(wait, milliseconds(0)));
}

std::unique_ptr<Alarms> makeAlarms(ConfigReader &reader, PluginContext &context) {
  std::optional<AlarmsConfig> config = reader.read<AlarmsConfig>();
  if (!config) return nullptr;
  checkAlarms(*config, context.site().timeZone, reader);
  auto ids = context.shared<RuleIds>("rule ids", [] { return std::make_shared<RuleIds>(); });
  ids->enter(*config, context, reader);
  if (reader.failed()) return nullptr;
  return std::make_unique<Alarms>(std::move(*config), context, std::move(ids));
}

}  // namespace tagwire::alarms
