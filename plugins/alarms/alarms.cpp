// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"

#include <algorithm>
#include <utility>

namespace tagwire::alarms {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes rateWindow{10};
constexpr milliseconds openPatience{5'000};
constexpr std::chrono::seconds figuresPace{5};

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
      m_openPatience(this),
      m_transitions(
          context.metrics().counter("tagwire_alarms_transitions_total", "Changes between OK, WARNING, ALARM")),
      m_actions(context.metrics().counter("tagwire_alarms_condition_changes_total",
                                          "Acknowledgements, shelvings, suppressions and other changes of condition")),
      m_ignored(context.metrics().counter("tagwire_alarms_ignored_samples_total",
                                          "Samples of watched points that held nothing a rule can look at")),
      m_missedRecords(context.metrics().counter("tagwire_alarms_history_lost_total",
                                                "Changes that are in no history: too many while the store was down")),
      m_active(context.metrics().gauge("tagwire_alarms_active", "Rules in WARNING or ALARM")),
      m_tenMinutes(context.metrics().gauge("tagwire_alarms_recent",
                                           "Alarms that came within the last ten minutes; over 10 is a flood")),
      m_unacknowledged(context.metrics().gauge("tagwire_alarms_unacknowledged", "Alarms nobody acknowledged yet")),
      m_shelved(context.metrics().gauge("tagwire_alarms_shelved", "Rules that are shelved")),
      m_suppressed(context.metrics().gauge("tagwire_alarms_suppressed", "Rules that are suppressed by design")),
      m_outOfService(context.metrics().gauge("tagwire_alarms_out_of_service", "Rules that are out of service")),
      m_chattering(context.metrics().gauge("tagwire_alarms_chattering", "Rules whose alarm comes again and again")) {
  for (const Severity each : {Severity::Info, Severity::Minor, Severity::Major, Severity::Critical}) {
    m_bySeverity.push_back(context.metrics().gauge("tagwire_alarms_announced",
                                                   "Rules in WARNING or ALARM that nothing keeps from being announced",
                                                   {{"severity", toText(each).data()}}));
  }
  m_openPatience.setSingleShot(true);
  connect(&m_openPatience, &QTimer::timeout, this, [this] {
    if (m_storeTrouble.isEmpty()) m_storeTrouble = QStringLiteral("the disk does not answer");
    if (m_running && !m_isReady) begin({});
  });
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
  m_openPatience.start(openPatience);
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
  notePoints();
}

void Alarms::notePoints() {
  m_knownPoints = m_context.points().count();
  m_knownRevision = m_context.points().revision();
}

void Alarms::stop() {
  if (std::exchange(m_isStopping, true)) return;  // whoever hears of the last events
  m_timer.stop();
  m_isReady = false;
  if (m_notifications) m_notifications->stop();
  // What waits for the disk is told yet; its notices lie in the store for the next start.
  if (m_store) m_store->close();
  m_running = false;
  m_timer.stop();
  m_openPatience.stop();
  // Whoever was told may have stopped us: they are on the stack then.
  if (m_store) m_store.release()->deleteLater();
  if (m_notifications) m_notifications.release()->deleteLater();
  m_engine.reset();
  for (auto each = m_ownRules.cbegin(); each != m_ownRules.cend(); ++each) m_ids->leave(each.key());
  m_ownRules.clear();
  m_ruleVersions.clear();
  m_missedRules.clear();
  m_missed.clear();
  m_isStopping = false;
  m_notices.clear();
  m_storeTrouble.clear();
}

void Alarms::write(const Samples &samples) {
  if (!m_running) return;
  // Until the store is open the point table keeps the newest values for us.
  if (m_isReady) {
    const Moment moment = now();
    Outcome outcome;
    const PointTable &points = m_context.points();
    if (points.count() != m_knownPoints || points.revision() != m_knownRevision) bindAgain(moment, outcome);
    for (const Sample &sample : samples) m_engine->take(sample, moment, outcome);
    publish(outcome, moment);
  }
  if (m_running) Q_EMIT written();
}

void Alarms::notify(const Event &) {}

/// Points were declared or removed since: rules of run time may have waited for them.
void Alarms::bindAgain(const Moment &moment, Outcome &outcome) {
  notePoints();
  if (m_engine->bindAgain(moment, outcome)) showStatus();
}

Moment Alarms::now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

void Alarms::showStatus() {
  QStringList troubles;
  const QStringList unknown = m_engine->unknownPoints();
  if (!unknown.isEmpty()) {
    const qsizetype more = unknown.size() - unknown.mid(0, 10).size();
    troubles << QStringLiteral("no such point: %1").arg(unknown.mid(0, 10).join(u", ")) +
                    (more > 0 ? QStringLiteral(" and %1 more").arg(more) : QString());
  }
  if (!m_storeTrouble.isEmpty()) troubles << QStringLiteral("alarm store: %1").arg(m_storeTrouble);
  Q_EMIT statusChanged(troubles.isEmpty() ? PluginState::Running : PluginState::Degraded,
                       troubles.join(QStringLiteral("; ")));
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
    if (released) released(true);
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
  const QList<AlarmRule> changed = work.rules;
  m_store->commit(std::move(work),
                  [this, events = outcome.events, notices, changed, released = std::move(released)](bool isStored) {
                    if (!isStored) {
                      keepMissed(events);
                      m_missedRules << changed;
                    }
                    release(events, notices, isStored);
                    if (released) released(isStored);
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
  if (m_figuresAt.count() == 0 || moment.elapsed - m_figuresAt >= figuresPace) showFigures(moment);
}

/// All rules are looked at, so not for each sample.
void Alarms::showFigures(const Moment &moment) {
  m_figuresAt = moment.elapsed;
  const AlarmEngine::Counts counts = m_engine->counts();
  const auto of = [&](AlarmCondition condition) {
    return static_cast<double>(counts.byCondition[static_cast<size_t>(condition)]);
  };
  m_unacknowledged.set(of(AlarmCondition::UnacknowledgedActive) + of(AlarmCondition::RtnUnacknowledged));
  m_shelved.set(of(AlarmCondition::Shelved));
  m_suppressed.set(of(AlarmCondition::SuppressedByDesign));
  m_outOfService.set(of(AlarmCondition::OutOfService));
  m_chattering.set(static_cast<double>(counts.chattering));
  for (size_t i = 0; i < m_bySeverity.size(); ++i) {
    m_bySeverity[i].set(static_cast<double>(counts.announcedBySeverity[i]));
  }
}

void Alarms::armTimer(const Moment &moment) {
  const auto due = m_engine->nextDue().value_or(std::chrono::nanoseconds::max());
  // Never longer than a minute: schedules go by the wall clock, and somebody may set that.
  const auto latest = moment.elapsed + std::chrono::minutes(1);
  const auto next = std::min<std::chrono::nanoseconds>(due, latest);
  // One that runs out too soon looks again. Setting it anew for each batch would cost more than that.
  if (m_timer.isActive() && m_armedFor > moment.elapsed && m_armedFor <= next) return;
  m_armedFor = next;
  const auto wait = std::chrono::ceil<milliseconds>(next - moment.elapsed);
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
