// SPDX-License-Identifier: Apache-2.0
#include "alarmmemory.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

namespace tagwire::alarms {
namespace {

// Nanoseconds do not fit the doubles of JSON, so times are texts.
void putKept(QJsonObject &json, const char *key, const std::optional<Time> &time) {
  if (time) json.insert(QLatin1String(key), QString::number(time->time_since_epoch().count()));
}

void putKept(QJsonObject &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.insert(QLatin1String(key), text);
}

void putKept(QJsonObject &json, const char *key, bool flag) {
  if (flag) json.insert(QLatin1String(key), true);
}

void putKept(QJsonObject &json, const char *key, qint64 number) {
  if (number != 0) json.insert(QLatin1String(key), number);
}

std::optional<Time> timeAt(const QJsonObject &json, const char *key) {
  bool isNumber = false;
  const qint64 count = json.value(QLatin1String(key)).toString().toLongLong(&isNumber);
  if (!isNumber) return std::nullopt;
  return Time(std::chrono::nanoseconds(count));
}

QString textAt(const QJsonObject &json, const char *key) { return json.value(QLatin1String(key)).toString(); }
bool flagAt(const QJsonObject &json, const char *key) { return json.value(QLatin1String(key)).toBool(); }
int countAt(const QJsonObject &json, const char *key) { return json.value(QLatin1String(key)).toInt(); }

template <class Word, size_t count>
Result<Word> wordAt(const QJsonObject &json, const char *key, const Word (&words)[count], Word absent) {
  const QJsonValue value = json.value(QLatin1String(key));
  if (value.isUndefined()) return absent;
  for (const Word word : words) {
    if (value.toString() == toText(word)) return word;
  }
  return failure(QStringLiteral("%1 is \"%2\"").arg(QLatin1String(key), value.toString()));
}

constexpr AlarmState keptStates[] = {AlarmState::Ok, AlarmState::Warning, AlarmState::Alarm};
constexpr Severity keptSeverities[] = {Severity::Info, Severity::Minor, Severity::Major, Severity::Critical};
constexpr AlarmCondition keptConditions[] = {AlarmCondition::Normal, AlarmCondition::UnacknowledgedActive,
                                             AlarmCondition::AcknowledgedActive, AlarmCondition::RtnUnacknowledged,
                                             AlarmCondition::Latched};

void putCondition(QJsonObject &json, const ConditionState &condition) {
  if (condition.alarm != AlarmCondition::Normal) json.insert(QLatin1String("alarm"), toText(condition.alarm));
  putKept(json, "shelved_until", condition.shelvedUntil);
  putKept(json, "one_shot", condition.isOneShot);
  putKept(json, "suppressed", condition.isSuppressedByOperator);
  putKept(json, "suppressed_by_condition", condition.isSuppressedByCondition);
  putKept(json, "out_of_service", condition.isOutOfService);
}

Result<ConditionState> conditionStateFrom(const QJsonObject &json) {
  const auto alarm = wordAt(json, "alarm", keptConditions, AlarmCondition::Normal);
  if (!alarm) return failure(alarm.error());
  ConditionState condition{.alarm = *alarm};
  condition.shelvedUntil = timeAt(json, "shelved_until");
  condition.isShelved = condition.shelvedUntil.has_value();
  condition.isOneShot = condition.isShelved && flagAt(json, "one_shot");
  condition.isSuppressedByOperator = flagAt(json, "suppressed");
  condition.isSuppressedByCondition = flagAt(json, "suppressed_by_condition");
  condition.isOutOfService = flagAt(json, "out_of_service");
  return condition;
}

void readRest(const QJsonObject &json, AlarmMemory &memory) {
  memory.since = timeAt(json, "since").value_or(Time());
  memory.occurrence = json.value(QLatin1String("occurrence")).toInteger();
  const QJsonValue value = json.value(QLatin1String("value"));
  if (value.isDouble()) memory.value = value.toDouble();
  memory.ruleName = textAt(json, "rule_name");
  memory.area = textAt(json, "area");
  memory.valueText = textAt(json, "value_text");
  memory.level = textAt(json, "level");
  memory.isFirstOut = flagAt(json, "first_out");
  memory.wasTold = flagAt(json, "told");
  memory.unacknowledgedSince = timeAt(json, "unacknowledged_since");
  memory.escalationSteps = countAt(json, "escalation_steps");
  memory.shelvings = countAt(json, "shelvings");
  memory.acknowledgedAt = timeAt(json, "acknowledged_at");
  memory.acknowledgedBy = textAt(json, "acknowledged_by");
  memory.comment = textAt(json, "comment");
  memory.shelvedBy = textAt(json, "shelved_by");
  memory.suppressedBy = textAt(json, "suppressed_by");
  memory.outOfServiceBy = textAt(json, "out_of_service_by");
}

}  // namespace

QByteArray AlarmMemory::toJson() const {
  if (!isStanding()) return {};
  QJsonObject json;
  json.insert(QLatin1String("state"), toText(state));
  json.insert(QLatin1String("previous"), toText(previous));
  putKept(json, "since", std::optional(since));
  putCondition(json, condition);
  putKept(json, "occurrence", occurrence);
  if (std::isfinite(value)) json.insert(QLatin1String("value"), value);
  putKept(json, "rule_name", ruleName);
  putKept(json, "area", area);
  putKept(json, "value_text", valueText);
  putKept(json, "level", level);
  putKept(json, "first_out", isFirstOut);
  putKept(json, "told", wasTold);
  putKept(json, "unacknowledged_since", unacknowledgedSince);
  putKept(json, "escalation_steps", static_cast<qint64>(escalationSteps));
  if (escalatedTo) json.insert(QLatin1String("escalated_to"), toText(*escalatedTo));
  putKept(json, "shelvings", static_cast<qint64>(shelvings));
  putKept(json, "acknowledged_at", acknowledgedAt);
  putKept(json, "acknowledged_by", acknowledgedBy);
  putKept(json, "comment", comment);
  putKept(json, "shelved_by", shelvedBy);
  putKept(json, "suppressed_by", suppressedBy);
  putKept(json, "out_of_service_by", outOfServiceBy);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

Result<AlarmMemory> AlarmMemory::fromJson(const QByteArray &text) {
  const QJsonDocument document = QJsonDocument::fromJson(text);
  if (!document.isObject()) return failure(QStringLiteral("it is no JSON object"));
  const QJsonObject json = document.object();
  AlarmMemory memory;
  const auto state = wordAt(json, "state", keptStates, AlarmState::Ok);
  const auto previous = wordAt(json, "previous", keptStates, AlarmState::Ok);
  const auto condition = conditionStateFrom(json);
  const auto escalated = wordAt(json, "escalated_to", keptSeverities, Severity::Info);
  if (!state) return failure(state.error());
  if (!previous) return failure(previous.error());
  if (!condition) return failure(condition.error());
  if (!escalated) return failure(escalated.error());
  memory.state = *state;
  memory.previous = *previous;
  memory.condition = *condition;
  if (json.contains(QLatin1String("escalated_to"))) memory.escalatedTo = *escalated;
  readRest(json, memory);
  return memory;
}

}  // namespace tagwire::alarms
