// SPDX-License-Identifier: Apache-2.0
#include "alarmengine.h"

#include <algorithm>

#include "alarmentry.h"

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;

constexpr quint32 groupBit = 0x8000'0000;
/// Somebody set the wall clock: what waits for a time of day must look anew.
constexpr std::chrono::seconds clockStep{1};

/// The area that a rule names, else the place of its point: "plc1/boiler" of "plc1/boiler/temp".
QString areaFor(const Rule &rule, const QList<PointReference> &points) {
  if (!rule.area.isEmpty() || points.isEmpty()) return rule.area;
  return points.first().name.section(u'/', 0, -2);
}

nanoseconds elapsedAt(Time time, const Moment &moment) { return moment.elapsed + (time - moment.time); }

/// As if it had come to `shown` by itself, so that the dead band counts and a value that is not there yet changes
/// nothing.
void resume(RuleState &state, const AlarmMemory &memory) {
  state.shown = memory.state;
  state.alarm.passed = memory.state == AlarmState::Alarm;
  state.warning.passed = memory.state != AlarmState::Ok;
}

}  // namespace

AlarmEngine::AlarmEngine(Settings settings, World world) : m_settings(std::move(settings)), m_world(std::move(world)) {
  for (const GroupConfig &config : m_settings.groups) {
    auto group = std::make_unique<Group>();
    group->config = config;
    group->place = static_cast<quint32>(m_groups.size());
    if (!config.suppressWhen.isEmpty()) listen(pointsOf(config.suppressWhen), Listens::Group, group->place);
    m_groupsById.insert(config.id, group.get());
    m_groups.push_back(std::move(group));
  }
  for (const EscalationConfig &each : m_settings.escalations) m_escalationsById.insert(each.id, &each);
}

AlarmEngine::~AlarmEngine() = default;

void AlarmEngine::listen(const QList<PointReference> &points, Listens how, Slot slot) {
  for (qsizetype i = 0; i < points.size(); ++i) {
    const auto point = static_cast<size_t>(m_world.bind(points.at(i).name).point);
    if (point == 0) continue;
    if (m_listeners.size() <= point) m_listeners.resize(point + 1);
    std::vector<Listener> &all = m_listeners[point];
    const Listener listener{how, static_cast<quint8>(i), slot};
    const auto behind = [](const Listener &one, const Listener &other) { return one.how < other.how; };
    all.insert(std::upper_bound(all.begin(), all.end(), listener, behind), listener);
  }
}

void AlarmEngine::forget(const QList<PointReference> &points, Listens how, Slot slot) {
  for (const PointReference &reference : points) {
    const auto point = static_cast<size_t>(m_world.bind(reference.name).point);
    if (point >= m_listeners.size()) continue;
    std::erase_if(m_listeners[point], [&](const Listener &each) { return each.how == how && each.slot == slot; });
  }
}

AlarmEngine::Slot AlarmEngine::freshSlot() {
  if (!m_free.empty()) {
    const Slot slot = m_free.back();
    m_free.pop_back();
    return slot;
  }
  m_entries.emplace_back();
  return static_cast<Slot>(m_entries.size() - 1);
}

void AlarmEngine::put(const Rule &rule) {
  auto fresh = std::make_unique<Entry>();
  const auto old = m_slots.constFind(rule.id);
  const bool isNew = old == m_slots.cend();
  fresh->slot = isNew ? freshSlot() : *old;
  fresh->rule = rule;
  if (isNew) {
    fresh->order = ++m_putCount;
  } else {
    const Entry &before = *m_entries[fresh->slot];
    fresh->order = before.order;
    fresh->memory = before.memory;
    // What was read stays when it is read in the same way: an old value is not a new one.
    const auto names = [](const QList<PointReference> &points) {
      QStringList all;
      for (const PointReference &each : points) all << each.name;
      return all;
    };
    const bool isSame = before.bound == boundOf(rule) && before.rule.comparison.kind == rule.comparison.kind &&
                        before.rule.window == rule.window && names(inputsOf(before.rule)) == names(inputsOf(rule)) &&
                        rule.comparison.kind != Comparison::Expression;
    if (isSame) static_cast<Reading &>(fresh->state) = before.state;
    unlink(*m_entries[fresh->slot]);
  }
  link(*fresh);
  m_slots.insert(rule.id, fresh->slot);
  m_entries[fresh->slot] = std::move(fresh);
}

/// Everything that others know of an entry.
void AlarmEngine::link(Entry &entry) {
  const QList<PointReference> points = inputsOf(entry.rule);
  entry.area = areaFor(entry.rule, points);
  if (!points.isEmpty()) entry.binding = m_world.bind(points.first().name);
  listen(points, Listens::Rule, entry.slot);
  if (!entry.rule.suppressWhen.isEmpty()) {
    entry.suppression = std::make_unique<ExpressionState>();
    listen(pointsOf(entry.rule.suppressWhen), Listens::Suppression, entry.slot);
  }
  entry.group = m_groupsById.value(entry.rule.group);
  if (entry.group) {
    entry.group->members.push_back(entry.slot);
    if (entry.memory.condition.alarm != AlarmCondition::Normal) ++entry.group->standing;
  }
  entry.escalation = m_escalationsById.value(entry.rule.escalation);
  entry.bound = boundOf(entry.rule);
  if (entry.bound < points.size() + pointsOf(entry.rule.suppressWhen).size()) m_unbound.push_back(entry.slot);
  resume(entry.state, entry.memory);
}

qsizetype AlarmEngine::boundOf(const Rule &rule) const {
  const QList<PointReference> points = inputsOf(rule) + pointsOf(rule.suppressWhen);
  return std::count_if(points.begin(), points.end(), [this](const PointReference &each) {
    return each.name.isEmpty() || m_world.bind(each.name).point != PointId::None;
  });
}

bool AlarmEngine::bindAgain(const Moment &moment, Outcome &outcome) {
  const std::vector<Slot> unbound = std::exchange(m_unbound, {});
  bool isNews = false;
  for (const Slot slot : unbound) {
    if (!m_entries[slot]) continue;
    // What runs in a rule of which nothing came goes on.
    if (boundOf(m_entries[slot]->rule) == m_entries[slot]->bound) {
      m_unbound.push_back(slot);
      continue;
    }
    const Rule rule = m_entries[slot]->rule;
    put(rule);
    begin(rule.id, moment, outcome);
    isNews = true;
  }
  return isNews;
}

void AlarmEngine::unlink(Entry &entry) {
  std::erase(m_unbound, entry.slot);
  forget(inputsOf(entry.rule), Listens::Rule, entry.slot);
  if (!entry.rule.suppressWhen.isEmpty()) forget(pointsOf(entry.rule.suppressWhen), Listens::Suppression, entry.slot);
  if (!entry.group) return;
  std::erase(entry.group->members, entry.slot);
  if (entry.memory.condition.alarm != AlarmCondition::Normal) --entry.group->standing;
}

bool AlarmEngine::restore(int ruleId, const AlarmMemory &memory) {
  const auto slot = m_slots.constFind(ruleId);
  if (slot == m_slots.cend()) return false;
  Entry &entry = *m_entries[*slot];
  const ConditionState condition = memory.condition;
  const ConditionState before = entry.memory.condition;
  entry.memory = memory;
  entry.memory.condition = before;
  entry.setCondition(condition);
  resume(entry.state, memory);
  if (memory.state != AlarmState::Ok) ++m_activeCount;
  return true;
}

void AlarmEngine::begin(const Moment &moment, Outcome &outcome) {
  for (const auto &entry : m_entries) {
    if (entry && entry->memory.since == Time()) entry->memory.since = moment.time;
  }
  for (const auto &group : m_groups) {
    if (!group->config.suppressWhen.isEmpty()) tagwire::alarms::begin(group->config.suppressWhen, group->state, moment);
  }
  for (const auto &entry : m_entries) {
    if (entry && entry->suppression) tagwire::alarms::begin(entry->rule.suppressWhen, *entry->suppression, moment);
  }
  for (const bool rulesToo : {false, true}) {
    for (size_t point = 1; point < m_listeners.size(); ++point) {
      if (m_listeners[point].empty()) continue;
      const Sample last = m_world.last(static_cast<PointId>(point));
      if (last.point == PointId::None) continue;
      for (const Listener &each : m_listeners[point]) {
        if ((each.how == Listens::Rule) == rulesToo) hand(each, last, moment, outcome);
      }
    }
  }
  for (const auto &group : m_groups) suppressGroup(*group, moment, outcome);
  for (Slot slot = 0; slot < m_entries.size(); ++slot) {
    if (m_entries[slot]) takeTime(slot, moment, outcome);
  }
}

void AlarmEngine::begin(int ruleId, const Moment &moment, Outcome &outcome) {
  const auto slot = m_slots.constFind(ruleId);
  if (slot == m_slots.cend()) return;
  Entry &entry = *m_entries[*slot];
  if (entry.memory.since == Time()) entry.memory.since = moment.time;
  if (entry.suppression) {
    tagwire::alarms::begin(entry.rule.suppressWhen, *entry.suppression, moment);
    takeLast(pointsOf(entry.rule.suppressWhen), Listens::Suppression, *slot, moment, outcome);
  }
  if (!entry.state.isSeen) takeLast(inputsOf(entry.rule), Listens::Rule, *slot, moment, outcome);
  takeTime(*slot, moment, outcome);
}

void AlarmEngine::takeLast(const QList<PointReference> &points, Listens how, Slot slot, const Moment &moment,
                           Outcome &outcome) {
  for (qsizetype i = 0; i < points.size(); ++i) {
    const PointId point = m_world.bind(points.at(i).name).point;
    const Sample last = point == PointId::None ? Sample() : m_world.last(point);
    if (last.point != PointId::None) hand({how, static_cast<quint8>(i), slot}, last, moment, outcome);
  }
}

void AlarmEngine::take(const Sample &sample, const Moment &moment, Outcome &outcome) {
  const auto point = static_cast<size_t>(sample.point);
  if (point >= m_listeners.size()) return;
  for (const Listener &each : m_listeners[point]) hand(each, sample, moment, outcome);
}

void AlarmEngine::hand(const Listener &listener, const Sample &sample, const Moment &moment, Outcome &outcome) {
  if (listener.how == Listens::Rule) return takeRule(listener, sample, moment, outcome);
  if (listener.how == Listens::Group) {
    Group &group = *m_groups[listener.slot];
    takeSample(group.config.suppressWhen, group.state, listener.input, sample, moment);
    return suppressGroup(group, moment, outcome);
  }
  Entry &entry = *m_entries[listener.slot];
  takeSample(entry.rule.suppressWhen, *entry.suppression, listener.input, sample, moment);
  suppress(entry, moment, outcome);
  arm(entry, moment);
}

void AlarmEngine::takeRule(const Listener &listener, const Sample &sample, const Moment &moment, Outcome &outcome) {
  Entry &entry = *m_entries[listener.slot];
  const AlarmState previous = entry.state.shown;
  const AlarmState now = takeSample(entry.rule, entry.state, listener.input, sample, moment);
  const quint64 bit = quint64(1) << (listener.input & 63);
  if (entry.state.notUsable) {
    ++outcome.ignored;
    if (!(entry.complained & bit)) outcome.notUsable << entry.rule.id;
    entry.complained |= bit;
  } else if (!sample.quality.isBad()) {
    entry.complained &= ~bit;
  }
  if (now != previous) settle(entry, previous, moment, outcome);
  arm(entry, moment);
}

void AlarmEngine::takeTime(const Moment &moment, Outcome &outcome) {
  const nanoseconds offset = moment.time.time_since_epoch() - moment.elapsed;
  const bool wasSet = m_clockOffset && std::chrono::abs(offset - *m_clockOffset) > clockStep;
  m_clockOffset = offset;
  std::vector<Slot> due;
  while (!m_wakes.empty() && m_wakes.front().due <= moment.elapsed) {
    if (isLive(m_wakes.front())) due.push_back(m_wakes.front().slot);
    std::pop_heap(m_wakes.begin(), m_wakes.end(), std::greater<>());
    m_wakes.pop_back();
  }
  if (wasSet) {
    for (Slot slot = 0; slot < m_entries.size(); ++slot) {
      if (m_entries[slot]) takeTime(slot, moment, outcome);
    }
  }
  for (const Slot slot : due) {
    if (slot & groupBit) {
      Group &group = *m_groups[slot & ~groupBit];
      group.wake = nanoseconds::max();
      suppressGroup(group, moment, outcome);
    } else if (m_entries[slot]) {
      m_entries[slot]->wake = nanoseconds::max();
      takeTime(slot, moment, outcome);
    }
  }
}

bool AlarmEngine::isLive(const Wake &wake) const {
  if (wake.slot & groupBit) return m_groups[wake.slot & ~groupBit]->wake == wake.due;
  const auto &entry = m_entries[wake.slot];
  return entry && entry->wake == wake.due;
}

void AlarmEngine::takeTime(Slot slot, const Moment &moment, Outcome &outcome) {
  Entry &entry = *m_entries[slot];
  suppress(entry, moment, outcome);
  const AlarmState previous = entry.state.shown;
  const AlarmState now = tagwire::alarms::takeTime(entry.rule, entry.state, moment);
  if (now != previous) settle(entry, previous, moment, outcome);
  runOut(entry, moment, outcome);
  arm(entry, moment);
}

std::optional<nanoseconds> AlarmEngine::nextDue() {
  while (!m_wakes.empty() && !isLive(m_wakes.front())) {
    std::pop_heap(m_wakes.begin(), m_wakes.end(), std::greater<>());
    m_wakes.pop_back();
  }
  if (m_wakes.empty()) return std::nullopt;
  return m_wakes.front().due;
}

void AlarmEngine::wakeAt(std::chrono::nanoseconds due, Slot slot) {
  // Those that are out of date go by themselves when they are due, which may be days away.
  if (m_wakes.size() > 4 * (m_entries.size() + m_groups.size()) + 4096) {
    m_wakes.clear();
    for (Slot each = 0; each < m_entries.size(); ++each) {
      if (m_entries[each] && m_entries[each]->wake != nanoseconds::max())
        m_wakes.push_back({m_entries[each]->wake, each});
    }
    for (const auto &group : m_groups) {
      if (group->wake != nanoseconds::max()) m_wakes.push_back({group->wake, group->place | groupBit});
    }
    std::make_heap(m_wakes.begin(), m_wakes.end(), std::greater<>());
  }
  m_wakes.push_back({due, slot});
  std::push_heap(m_wakes.begin(), m_wakes.end(), std::greater<>());
}

/// When something of this entry happens by itself. A wake that comes too early does no harm, so one that stands already
/// and is earlier is left: most samples only move a due time on.
void AlarmEngine::arm(Entry &entry, const Moment &moment) {
  std::optional<nanoseconds> due = tagwire::alarms::nextDue(entry.rule, entry.state, moment);
  const AlarmMemory &memory = entry.memory;
  if (memory.condition.shelvedUntil) keepEarlier(due, elapsedAt(*memory.condition.shelvedUntil, moment));
  if (memory.unacknowledgedSince && memory.condition.condition() == AlarmCondition::UnacknowledgedActive &&
      entry.escalation && memory.escalationSteps < entry.escalation->steps.size()) {
    const EscalationStep &step = entry.escalation->steps.at(memory.escalationSteps);
    keepEarlier(due, elapsedAt(*memory.unacknowledgedSince + step.after, moment));
  }
  if (entry.isChattering()) keepEarlier(due, entry.chatter->came.front() + m_settings.chatter->window);
  if (entry.suppression) {
    keepEarlier(due, tagwire::alarms::nextDue(entry.rule.suppressWhen, *entry.suppression, moment));
  }
  if (!due || *due >= entry.wake) return;
  entry.wake = *due;
  wakeAt(*due, entry.slot);
}

void AlarmEngine::arm(Group &group, const Moment &moment) {
  if (group.config.suppressWhen.isEmpty()) return;
  const auto due = tagwire::alarms::nextDue(group.config.suppressWhen, group.state, moment);
  if (!due || *due >= group.wake) return;
  group.wake = *due;
  wakeAt(*due, group.place | groupBit);
}

}  // namespace tagwire::alarms
