// SPDX-License-Identifier: Apache-2.0
#include "storedrecord.h"

#include <QJsonDocument>

#include <array>
#include <cmath>
#include <limits>

namespace tagwire::alarms {

namespace {

// As in recordColumns, without the number.
enum Parameter {
  TimeParameter = 1,
  IsoParameter,
  KindParameter,
  RuleParameter,
  RuleNameParameter,
  AreaParameter,
  AlarmParameter,
  StateParameter,
  PreviousParameter,
  ConditionParameter,
  SeverityParameter,
  PointParameter,
  ValueParameter,
  WhoParameter,
  CauseParameter,
  CommentParameter,
  JsonParameter
};
static_assert(JsonParameter == recordParameters);

// A number of nanoseconds is exact in JSON as Qt writes and reads it; the time as text is not.
constexpr QLatin1String untilKey("until_ns");
constexpr QLatin1String infiniteKey("infinite");

template <class Word, size_t Count>
Word wordFrom(const QByteArray &text, const std::array<Word, Count> &words) {
  for (const Word word : words) {
    if (QLatin1String(text) == toText(word)) return word;
  }
  return words.front();
}

AlarmState stateFrom(const QByteArray &text) {
  return wordFrom(text, std::array{AlarmState::Ok, AlarmState::Warning, AlarmState::Alarm});
}

AlarmCondition conditionFrom(const QByteArray &text) {
  using enum AlarmCondition;
  return wordFrom(text, std::array{Normal, UnacknowledgedActive, AcknowledgedActive, RtnUnacknowledged, Latched,
                                   Shelved, SuppressedByDesign, OutOfService});
}

QByteArray bytes(QLatin1String word) { return {word.data(), word.size()}; }

void bindText(Statement &insert, int parameter, const QString &text) {
  if (!text.isEmpty()) insert.bind(parameter, storableText(text, longestStoredText));
}

template <class Body>
void bindShared(Statement &insert, const Body &body) {
  insert.bind(RuleParameter, static_cast<qint64>(body.ruleId));
  insert.bind(RuleNameParameter, storableText(body.ruleName, longestStoredText));
  bindText(insert, AreaParameter, body.area);
  if (body.alarmId != 0) insert.bind(AlarmParameter, body.alarmId);
  insert.bind(StateParameter, bytes(toText(body.state)));
  insert.bind(PreviousParameter, bytes(toText(body.previous)));
  insert.bind(ConditionParameter, bytes(toText(body.condition)));
  insert.bind(SeverityParameter, bytes(toText(body.severity)));
}

void putField(QJsonObject &json, const char *key, const std::optional<double> &number) {
  if (number) json.insert(QLatin1String(key), *number);
}

void putField(QJsonObject &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.insert(QLatin1String(key), text);
}

void putRest(QJsonObject &json, const AlarmTransition &alarm) {
  putField(json, "comparison", alarm.comparison);
  putField(json, "level", alarm.level);
  json.insert(QLatin1String("datapoint_id"), alarm.pointNumber);
  putField(json, "value_text", alarm.valueText);
  putField(json, "warning_threshold", alarm.warningThreshold);
  putField(json, "alarm_threshold", alarm.alarmThreshold);
  putField(json, "warning_threshold_low", alarm.warningThresholdLow);
  putField(json, "warning_threshold_high", alarm.warningThresholdHigh);
  putField(json, "alarm_threshold_low", alarm.alarmThresholdLow);
  putField(json, "alarm_threshold_high", alarm.alarmThresholdHigh);
  putField(json, "message", alarm.message);
  if (alarm.isFirstOut) json.insert(QLatin1String("first_out"), true);
  if (alarm.isChattering) json.insert(QLatin1String("chattering"), true);
  if (!alarm.isStored) json.insert(QLatin1String("stored"), false);
  if (std::isinf(alarm.value)) json.insert(infiniteKey, alarm.value > 0 ? 1 : -1);
}

void putRest(QJsonObject &json, const AlarmConditionChange &change) {
  if (change.until) {
    json.insert(QLatin1String("until"), toIso(*change.until));
    json.insert(untilKey, static_cast<qint64>(change.until->time_since_epoch().count()));
  }
  if (!change.isStored) json.insert(QLatin1String("stored"), false);
}

/// What has no column of its own, under the names of toJson().
template <class Body>
QByteArray restOf(const QString &source, const Body &body) {
  QJsonObject json;
  putField(json, "source", source);
  putRest(json, body);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

// Counts columns as recordColumns does: the number first.
QByteArray column(const Statement &row, Parameter parameter) { return row.text(parameter); }
QString textOf(const Statement &row, Parameter parameter) { return QString::fromUtf8(row.text(parameter)); }

template <class Body>
void readShared(const Statement &row, const QJsonObject &json, Body &body) {
  body.ruleId = static_cast<int>(row.integer(RuleParameter));
  body.ruleName = textOf(row, RuleNameParameter);
  body.area = textOf(row, AreaParameter);
  body.alarmId = row.integer(AlarmParameter);
  body.state = stateFrom(column(row, StateParameter));
  body.condition = conditionFrom(column(row, ConditionParameter));
  body.severity = severityFrom(column(row, SeverityParameter));
  body.isStored = json.value(QStringLiteral("stored")).toBool(true);
}

std::optional<double> thresholdIn(const QJsonObject &json, const char *key) {
  const QJsonValue value = json.value(QLatin1String(key));
  return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

double valueOf(const Statement &row, const QJsonObject &json) {
  if (!row.isNull(ValueParameter)) return row.number(ValueParameter);
  const int infinite = json.value(infiniteKey).toInt();
  if (infinite == 0) return std::numeric_limits<double>::quiet_NaN();
  return infinite * std::numeric_limits<double>::infinity();
}

AlarmTransition transitionFrom(const Statement &row, const QJsonObject &json) {
  AlarmTransition alarm;
  readShared(row, json, alarm);
  alarm.previous = stateFrom(column(row, PreviousParameter));
  alarm.comparison = json.value(QStringLiteral("comparison")).toString();
  alarm.level = json.value(QStringLiteral("level")).toString();
  alarm.pointNumber = json.value(QStringLiteral("datapoint_id")).toInt();
  alarm.value = valueOf(row, json);
  alarm.valueText = json.value(QStringLiteral("value_text")).toString();
  alarm.warningThreshold = thresholdIn(json, "warning_threshold");
  alarm.alarmThreshold = thresholdIn(json, "alarm_threshold");
  alarm.warningThresholdLow = thresholdIn(json, "warning_threshold_low");
  alarm.warningThresholdHigh = thresholdIn(json, "warning_threshold_high");
  alarm.alarmThresholdLow = thresholdIn(json, "alarm_threshold_low");
  alarm.alarmThresholdHigh = thresholdIn(json, "alarm_threshold_high");
  alarm.message = json.value(QStringLiteral("message")).toString();
  alarm.isFirstOut = json.value(QStringLiteral("first_out")).toBool();
  alarm.isChattering = json.value(QStringLiteral("chattering")).toBool();
  return alarm;
}

AlarmConditionChange changeFrom(const Statement &row, const QJsonObject &json) {
  AlarmConditionChange change;
  readShared(row, json, change);
  change.previous = conditionFrom(column(row, PreviousParameter));
  change.cause = textOf(row, CauseParameter);
  change.by = textOf(row, WhoParameter);
  change.comment = textOf(row, CommentParameter);
  if (const QJsonValue until = json.value(untilKey); until.isDouble()) {
    change.until = Time(std::chrono::nanoseconds(until.toInteger()));
  }
  return change;
}

}  // namespace

bool bindRecord(Statement &insert, const StoredRecord &record) {
  const Event &event = record.event;
  const auto *alarm = std::get_if<AlarmTransition>(&event.body);
  const auto *change = std::get_if<AlarmConditionChange>(&event.body);
  if (!alarm && !change) return false;
  insert.bind(TimeParameter, static_cast<qint64>(event.time.time_since_epoch().count()));
  insert.bind(IsoParameter, toIso(event.time).toLatin1());
  insert.bind(KindParameter, kindOf(event).toLatin1());
  if (alarm) {
    bindShared(insert, *alarm);
    bindText(insert, PointParameter, record.point);
    insert.bind(ValueParameter, alarm->value);
    insert.bind(JsonParameter, restOf(event.source, *alarm));
  } else {
    bindShared(insert, *change);
    bindText(insert, WhoParameter, change->by);
    bindText(insert, CauseParameter, change->cause);
    bindText(insert, CommentParameter, change->comment);
    insert.bind(JsonParameter, restOf(event.source, *change));
  }
  return true;
}

StoredRecord recordFrom(const Statement &row) {
  const QJsonObject json = QJsonDocument::fromJson(row.text(JsonParameter)).object();
  StoredRecord record;
  record.event.sequence = static_cast<quint64>(row.integer(0));
  record.event.time = Time(std::chrono::nanoseconds(row.integer(TimeParameter)));
  record.event.source = json.value(QStringLiteral("source")).toString();
  record.point = textOf(row, PointParameter);
  if (row.text(KindParameter) == "alarm") {
    record.event.body = transitionFrom(row, json);
  } else {
    record.event.body = changeFrom(row, json);
  }
  return record;
}

qint64 occurrenceOf(const Event &event) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return alarm->alarmId;
  if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) return change->alarmId;
  return 0;
}

AlarmRule ruleFrom(const Statement &row) {
  AlarmRule rule;
  rule.id = static_cast<int>(row.integer(0));
  rule.version = static_cast<int>(row.integer(1));
  rule.isFromManifest = false;
  if (!row.isNull(2)) rule.changedAt = Time(std::chrono::nanoseconds(row.integer(2)));
  rule.changedBy = QString::fromUtf8(row.text(3));
  rule.rule = QJsonDocument::fromJson(row.text(4)).object();
  return rule;
}

Severity severityFrom(const QByteArray &text) {
  return wordFrom(text, std::array{Severity::Info, Severity::Minor, Severity::Major, Severity::Critical});
}

}  // namespace tagwire::alarms
