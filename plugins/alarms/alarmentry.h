// SPDX-License-Identifier: Apache-2.0
// What the parts of the AlarmEngine share; for its own files only.
#pragma once

#include "alarmengine.h"

namespace tagwire::alarms {

/// Who did what the program did by itself.
inline QString itself() { return QStringLiteral("tagwire"); }

/// When a rule's alarm came of late.
struct Chatter {
  std::vector<std::chrono::nanoseconds> came;  ///< on Moment::elapsed; the newest `count` at most
  bool isChattering = false;
};

struct AlarmEngine::Group {
  GroupConfig config;
  quint32 place = 0;
  ExpressionState state;
  std::optional<bool> isSuppressing;  ///< none: not known yet
  std::vector<Slot> members;
  int standing = 0;  ///< members whose alarm is not Normal
  std::chrono::nanoseconds wake = std::chrono::nanoseconds::max();
};

struct AlarmEngine::Entry {
  Rule rule;
  QString area;
  Binding binding;
  Slot slot = 0;
  quint64 order = 0;
  qsizetype bound = 0;  ///< AlarmEngine::boundOf()
  RuleState state;
  AlarmMemory memory;
  std::unique_ptr<ExpressionState> suppression;  ///< null: the rule has no condition of its own
  std::optional<bool> isSuppressing;
  Group *group = nullptr;
  const EscalationConfig *escalation = nullptr;
  std::unique_ptr<Chatter> chatter;                                 ///< null before the first
  quint64 complained = 0;                                           ///< of which inputs, by their places
  QString setText;                                                  ///< by set()
  std::chrono::nanoseconds wake = std::chrono::nanoseconds::max();  ///< it stands in m_wakes with this

  bool isChattering() const { return chatter && chatter->isChattering; }
  /// Every change of the condition goes through here, for the group counts.
  void setCondition(const ConditionState &condition) {
    const bool stood = memory.condition.alarm != AlarmCondition::Normal;
    const bool stands = condition.alarm != AlarmCondition::Normal;
    memory.condition = condition;
    if (group) group->standing += (stands ? 1 : 0) - (stood ? 1 : 0);
  }
};

}  // namespace tagwire::alarms
