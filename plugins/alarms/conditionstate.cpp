// SPDX-License-Identifier: Apache-2.0
#include "conditionstate.h"

namespace tagwire::alarms {
namespace {

AlarmCondition returned(AlarmCondition alarm, bool latches) {
  switch (alarm) {
    case AlarmCondition::UnacknowledgedActive:
      return AlarmCondition::RtnUnacknowledged;
    case AlarmCondition::AcknowledgedActive:
      return latches ? AlarmCondition::Latched : AlarmCondition::Normal;
    default:
      return alarm;
  }
}

AlarmCondition acknowledged(AlarmCondition alarm) {
  switch (alarm) {
    case AlarmCondition::UnacknowledgedActive:
      return AlarmCondition::AcknowledgedActive;
    case AlarmCondition::RtnUnacknowledged:
    case AlarmCondition::Latched:
      return AlarmCondition::Normal;
    default:
      return alarm;
  }
}

void unshelve(ConditionState &state) {
  state.isShelved = false;
  state.isOneShot = false;
  state.shelvedUntil.reset();
}

void shelve(ConditionState &state, const ConditionInput &input, bool isOneShot) {
  state.isShelved = true;
  state.isOneShot = isOneShot;
  state.shelvedUntil = input.until.value_or(Time());
}

}  // namespace

AlarmCondition ConditionState::condition() const {
  if (isOutOfService) return AlarmCondition::OutOfService;
  if (isSuppressedByOperator || isSuppressedByCondition) return AlarmCondition::SuppressedByDesign;
  return isShelved ? AlarmCondition::Shelved : alarm;
}

ConditionState after(ConditionState state, const ConditionInput &input, Time now, bool latches) {
  switch (input.kind) {
    case ConditionInput::Raise:
    case ConditionInput::Rise:  // worse than what was acknowledged
      state.alarm = AlarmCondition::UnacknowledgedActive;
      break;
    case ConditionInput::Fall:
      break;
    case ConditionInput::Return:
      state.alarm = returned(state.alarm, latches);
      if (state.isOneShot) unshelve(state);
      break;
    case ConditionInput::Acknowledge:
      state.alarm = acknowledged(state.alarm);
      break;
    case ConditionInput::Shelve:
    case ConditionInput::ShelveOnce:
      shelve(state, input, input.kind == ConditionInput::ShelveOnce);
      break;
    case ConditionInput::Unshelve:
      unshelve(state);
      break;
    case ConditionInput::Suppress:
    case ConditionInput::Unsuppress:
      state.isSuppressedByOperator = input.kind == ConditionInput::Suppress;
      break;
    case ConditionInput::SuppressionBegins:
    case ConditionInput::SuppressionEnds:
      state.isSuppressedByCondition = input.kind == ConditionInput::SuppressionBegins;
      break;
    case ConditionInput::TakeOutOfService:
    case ConditionInput::PutInService:
      state.isOutOfService = input.kind == ConditionInput::TakeOutOfService;
      break;
    case ConditionInput::TimePasses:
      if (state.isShelved && now >= *state.shelvedUntil) unshelve(state);
      break;
  }
  return state;
}

}  // namespace tagwire::alarms
