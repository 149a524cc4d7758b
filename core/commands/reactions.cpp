// SPDX-License-Identifier: Apache-2.0
#include "reactions.h"

#include <QLoggingCategory>

#include <algorithm>

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(reactionLog, "tagwire.reactions", QtInfoMsg)

/// What happened, for the comment of the command; empty: the event is none for this reaction.
QString occasionOf(const Reaction &reaction, const AlarmTransition &alarm) {
  const bool isFor = alarm.ruleId == reaction.alarm && alarm.state != alarm.previous &&
                     alarm.condition != AlarmCondition::OutOfService && reaction.states.contains(alarm.state);
  if (!isFor) return {};
  return QStringLiteral("alarm rule %1 \"%2\": %3 -> %4")
      .arg(alarm.ruleId)
      .arg(alarm.ruleName, toText(alarm.previous), toText(alarm.state));
}

QString occasionOf(const Reaction &reaction, const TriggerEvent &trigger) {
  const bool isFor = trigger.triggerId == reaction.trigger &&
                     (reaction.direction.isEmpty() || reaction.direction == trigger.direction) &&
                     (!reaction.tags || reaction.tags->contains(trigger.tagId));
  if (!isFor) return {};
  return QStringLiteral("trigger %1 \"%2\": %3 of tag %4")
      .arg(trigger.triggerId)
      .arg(trigger.triggerName, trigger.direction, trigger.tagId);
}

QString occasionOf(const Reaction &reaction, const Event &event) {
  if (event.source != reaction.instance) return {};
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body); alarm && reaction.alarm != 0) {
    return occasionOf(reaction, *alarm);
  }
  if (const auto *trigger = std::get_if<TriggerEvent>(&event.body); trigger && reaction.trigger != 0) {
    return occasionOf(reaction, *trigger);
  }
  return {};
}

}  // namespace

Reactions::Reactions(Hub &hub, const Clock &clock, Metrics &metrics)
    : m_hub(hub),
      m_clock(clock),
      m_reactions(metrics.counter("tagwire_reactions_total", "Commands and scenes that reactions asked for")),
      m_leftOut(metrics.counter("tagwire_reactions_left_out_total",
                                "Events without a reaction, because they came within its least interval")),
      m_late(metrics.counter("tagwire_reactions_late_total", "Events without a reaction, because they were too old")) {}

Reactions::~Reactions() { stop(); }

void Reactions::configure(const QList<Reaction> &reactions) {
  const std::vector<Entry> before = std::exchange(m_entries, {});
  for (const Reaction &each : reactions) {
    const auto same =
        std::find_if(before.begin(), before.end(), [&](const Entry &entry) { return entry.reaction == each; });
    m_entries.push_back(same == before.end() ? Entry{each, {}, {}, 0, false} : *same);
  }
}

void Reactions::start() {
  if (std::exchange(m_isRunning, true)) return;
  m_hub.watch(this, {});
}

void Reactions::stop() {
  if (std::exchange(m_isRunning, false)) m_hub.unwatch(this);
}

void Reactions::eventPassed(const Event &event) {
  for (Entry &entry : m_entries) {
    const QString what = occasionOf(entry.reaction, event);
    if (!what.isEmpty()) hear(entry, event, what);
  }
}

void Reactions::hear(Entry &entry, const Event &event, const QString &what) {
  if (m_clock.now() - event.time > oldest) {
    m_late.add();
    if (std::exchange(entry.isLate, true)) return;
    qCWarning(reactionLog).noquote() << entry.reaction.text() << "does nothing for events that come later than"
                                     << oldest.count() << "s:" << what << "of" << toIso(event.time);
    return;
  }
  entry.isLate = false;
  if (!takeTurn(entry)) return;
  m_reactions.add();
  // From the event loop: a source that is just telling something gets no command in between.
  QMetaObject::invokeMethod(
      this, [this, reaction = entry.reaction, what] { react(reaction, what); }, Qt::QueuedConnection);
}

/// At most one in its least interval. How it stands changes, and is told, when events begin to come too often, and when
/// one comes after a pause of that length.
bool Reactions::takeTurn(Entry &entry) {
  const auto now = m_clock.elapsed();
  const auto least = entry.reaction.minimumInterval;
  const bool isCalm = !entry.heardAt || now - *entry.heardAt >= least;
  entry.heardAt = now;
  if (isCalm && entry.leftOut > 0) {
    qCInfo(reactionLog).noquote() << entry.reaction.text() << "has left out" << std::exchange(entry.leftOut, 0)
                                  << "events that came too often";
  }
  if (!entry.reactedAt || now - *entry.reactedAt >= least) {
    entry.reactedAt = now;
    return true;
  }
  m_leftOut.add();
  if (++entry.leftOut == 1) {
    qCWarning(reactionLog).noquote() << entry.reaction.text() << "has events more often than its min_interval_ms of"
                                     << std::chrono::ceil<std::chrono::milliseconds>(least).count()
                                     << "ms: some are left out";
  }
  return false;
}

void Reactions::react(const Reaction &reaction, const QString &what) {
  if (!m_isRunning) return;
  Command command;
  command.id = newCommandId();
  command.requestedBy = QStringLiteral("reaction:%1").arg(reaction.id);
  command.comment = QStringLiteral("%1: %2").arg(reaction.text(), what);
  command.created = m_clock.now();
  if (reaction.action) {
    command.kind = reaction.action->kind;
    command.point = reaction.action->point;
    command.value = reaction.action->value;
    command.duration = reaction.action->duration;
  } else {
    command.kind = CommandKind::Scene;
    command.scene = reaction.scene;
  }
  Q_EMIT requested(command);
}

}  // namespace tagwire
