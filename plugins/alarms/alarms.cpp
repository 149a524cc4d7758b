// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"

#include <algorithm>

namespace tagwire::alarms {
namespace {

/// Occurrence numbers must not come again after a restart, and must fit the 2^53 of JSON clients: microseconds since
/// 1970 do both until 2255, as long as there is less than one alarm per microsecond.
qint64 firstOccurrence(const Clock &clock) { return toMilliseconds(clock.now()) * 1000; }

tl::unexpected<QString> notThereYet() { return failure(QStringLiteral("this version does not serve that yet")); }

}  // namespace

Alarms::Alarms(QList<Rule> rules, PluginContext &context, std::shared_ptr<RuleIds> ids)
    : m_context(context),
      m_ids(std::move(ids)),
      m_rules(std::move(rules), firstOccurrence(context.clock())),
      m_timer(this),
      m_transitions(
          context.metrics().counter("tagwire_alarms_transitions_total", "Changes between OK, WARNING, ALARM")),
      m_ignored(context.metrics().counter("tagwire_alarms_ignored_samples_total",
                                          "Samples of watched points that held no number")),
      m_active(context.metrics().gauge("tagwire_alarms_active", "Rules in WARNING or ALARM")) {
  m_timer.setSingleShot(true);
  m_timer.setTimerType(Qt::PreciseTimer);
  connect(&m_timer, &QTimer::timeout, this, &Alarms::wake);
}

Alarms::~Alarms() { m_ids->leave(m_context.id()); }

void Alarms::start() {
  if (m_running) return;
  m_running = true;
  const QStringList unknown = bindRules();
  if (unknown.isEmpty()) {
    Q_EMIT statusChanged(PluginState::Running, QString());
  } else {
    Q_EMIT statusChanged(PluginState::Degraded, QStringLiteral("no such point: %1").arg(unknown.join(u", ")));
  }
  // What came before we ran counts: a value that is already too high is an alarm, not only the next one.
  const Moment moment = now();
  RuleBook::Outcome outcome;
  QSet<PointId> taken;
  for (const Rule &rule : m_rules.rules()) {
    const PointId point = m_context.points().find(rule.point.name);
    if (point == PointId::None || taken.contains(point)) continue;
    taken.insert(point);
    const Sample &last = m_context.points().last(point);
    if (last.point != PointId::None) m_rules.take(last, moment, outcome);
  }
  m_rules.takeAll(moment, outcome);
  publish(outcome, moment);
}

void Alarms::stop() {
  m_running = false;
  m_timer.stop();
}

void Alarms::write(const Samples &samples) {
  if (!m_running) return;
  const Moment moment = now();
  RuleBook::Outcome outcome;
  for (const Sample &sample : samples) m_rules.take(sample, moment, outcome);
  publish(outcome, moment);
  if (m_running) Q_EMIT written();
}

void Alarms::notify(const Event &) {}

void Alarms::standingAlarms(Reply<QList<AlarmStatus>> reply) { reply(m_rules.active()); }

void Alarms::alarm(Reply<AlarmStatus> reply, int) { reply(notThereYet()); }
void Alarms::act(Reply<AlarmAnswer> reply, AlarmAction) { reply(notThereYet()); }
void Alarms::areas(Reply<QList<AlarmArea>> reply) { reply(notThereYet()); }
void Alarms::history(Reply<QList<Event>> reply, AlarmHistoryQuery) { reply(notThereYet()); }
void Alarms::statistics(Reply<AlarmStatistics> reply, Time, Time) { reply(notThereYet()); }
void Alarms::rules(Reply<QList<AlarmRule>> reply) { reply(notThereYet()); }
void Alarms::ruleVersions(Reply<QList<AlarmRule>> reply, int) { reply(notThereYet()); }
void Alarms::changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange) { reply(notThereYet()); }

Moment Alarms::now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

/// Returns the names that nobody declared.
QStringList Alarms::bindRules() {
  QStringList unknown;
  for (qsizetype i = 0; i < m_rules.rules().size(); ++i) {
    const QString &name = m_rules.rules().at(i).point.name;
    const auto point = m_context.points().point(m_context.points().find(name));
    m_rules.bind(i, point ? point->id : PointId::None, point ? point->number.value_or(0) : 0);
    if (!point && !unknown.contains(name)) unknown << name;
  }
  return unknown;
}

void Alarms::wake() {
  const Moment moment = now();
  RuleBook::Outcome outcome;
  m_rules.takeTime(moment, outcome);
  publish(outcome, moment);
}

void Alarms::publish(const RuleBook::Outcome &outcome, const Moment &moment) {
  if (outcome.ignored > 0) m_ignored.add(static_cast<double>(outcome.ignored));
  for (const int rule : outcome.notNumeric) {
    qCWarning(m_context.log()) << "rule" << rule << "watches a point whose value is no number: ignored until it is one";
  }
  if (!outcome.transitions.isEmpty()) {
    m_transitions.add(static_cast<double>(outcome.transitions.size()));
    m_active.set(static_cast<double>(m_rules.activeCount()));
  }
  armTimer(moment);
  for (const AlarmTransition &transition : outcome.transitions) {
    if (!m_running) return;  // whoever got the event before may have stopped us
    Q_EMIT eventRaised(Event{.time = moment.time, .source = {}, .body = transition});
  }
}

void Alarms::armTimer(const Moment &moment) {
  const auto due = m_rules.nextDue();
  if (!due) {
    m_timer.stop();
    return;
  }
  using std::chrono::milliseconds;
  const auto wait = std::chrono::ceil<milliseconds>(*due - moment.elapsed);
  // Never longer than a minute: schedules go by the wall clock, and somebody may set that.
  m_timer.start(std::clamp(wait, milliseconds(0), milliseconds(60'000)));
}

std::unique_ptr<Alarms> makeAlarms(ConfigReader &reader, PluginContext &context) {
  std::optional<AlarmsConfig> config = reader.read<AlarmsConfig>();
  if (!config) return nullptr;
  checkRules(*config, context.site().timeZone, reader);
  auto ids = context.shared<RuleIds>("rule ids", [] { return std::make_shared<RuleIds>(); });
  ids->enter(*config, context, reader);
  if (reader.failed()) return nullptr;
  return std::make_unique<Alarms>(config->rules, context, std::move(ids));
}

}  // namespace tagwire::alarms
