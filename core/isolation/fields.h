// SPDX-License-Identifier: Apache-2.0
// Each struct that travels names its fields once; Put writes them into a CBOR map, Take reads them out of one.
#pragma once

#include "wire.h"

namespace tagwire::isolation {

constexpr auto enumWords(CommandKind) {
  return std::array{std::pair{"write", CommandKind::Write}, std::pair{"toggle", CommandKind::Toggle},
                    std::pair{"pulse", CommandKind::Pulse}, std::pair{"scene", CommandKind::Scene}};
}

template <class E>
QString wordOf(E value) {
  if constexpr (requires { enumWords(E{}); }) {
    for (const auto &[word, each] : enumWords(E{})) {
      if (each == value) return QLatin1String(word);
    }
    return {};
  } else {
    return toText(value);
  }
}

/// Enums here are dense and begin with 0; behind the last the text is empty.
template <class E>
std::optional<E> fromWord(const QString &word) {
  for (int i = 0; i < 32; ++i) {
    const E each = static_cast<E>(i);
    const QString text = wordOf(each);
    if (text.isEmpty()) return std::nullopt;
    if (text == word) return each;
  }
  return std::nullopt;
}

template <class T>
inline constexpr bool isOptionalField = false;
template <class T>
inline constexpr bool isOptionalField<std::optional<T>> = true;

template <class T>
QCborValue fieldToCbor(const T &value) {
  if constexpr (isOptionalField<T>) {
    return value ? fieldToCbor(*value) : QCborValue();
  } else if constexpr (std::is_same_v<T, Value>) {
    return toCbor(value);
  } else if constexpr (std::is_same_v<T, Time>) {
    return static_cast<qint64>(value.time_since_epoch().count());
  } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
    return static_cast<qint64>(value.count());
  } else if constexpr (std::is_same_v<T, PointId>) {
    return static_cast<qint64>(value);
  } else if constexpr (std::is_same_v<T, QList<PointId>>) {
    QCborArray ids;
    for (const PointId id : value) ids.append(static_cast<qint64>(id));
    return ids;
  } else if constexpr (std::is_enum_v<T>) {
    return wordOf(value);
  } else if constexpr (std::is_same_v<T, int>) {
    return static_cast<qint64>(value);
  } else {
    return QCborValue(value);
  }
}

inline bool takeInteger(const QCborValue &cbor, qint64 lowest, qint64 highest, qint64 &out) {
  out = cbor.toInteger(lowest);
  return cbor.isInteger() && out >= lowest && out <= highest;
}

/// False: it is something else.
template <class T>
bool fieldFromCbor(const QCborValue &cbor, T &out) {
  constexpr qint64 largest = std::numeric_limits<qint64>::max();
  qint64 integer = 0;
  if constexpr (isOptionalField<T>) {
    if (cbor.isNull()) return true;
    typename T::value_type value{};
    if (!fieldFromCbor(cbor, value)) return false;
    out = std::move(value);
    return true;
  } else if constexpr (std::is_same_v<T, Value>) {
    auto value = valueFrom(cbor);
    if (value) out = std::move(*value);
    return value.has_value();
  } else if constexpr (std::is_same_v<T, Time>) {
    if (!takeInteger(cbor, 0, largest, integer)) return false;
    out = Time(std::chrono::nanoseconds(integer));
    return true;
  } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
    if (!takeInteger(cbor, 0, largest / 1'000'000, integer)) return false;
    out = std::chrono::milliseconds(integer);
    return true;
  } else if constexpr (std::is_same_v<T, PointId>) {
    if (!takeInteger(cbor, 0, std::numeric_limits<quint32>::max(), integer)) return false;
    out = static_cast<PointId>(integer);
    return true;
  } else if constexpr (std::is_same_v<T, QList<PointId>>) {
    for (const QCborValue &each : cbor.toArray()) {
      if (!fieldFromCbor(each, out.emplaceBack())) return false;
    }
    return cbor.isArray();
  } else if constexpr (std::is_enum_v<T>) {
    const auto value = fromWord<T>(cbor.toString());
    if (value) out = *value;
    return value.has_value();
  } else if constexpr (std::is_same_v<T, int>) {
    if (!takeInteger(cbor, std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), integer)) return false;
    out = static_cast<int>(integer);
    return true;
  } else if constexpr (std::is_same_v<T, qint64>) {
    return takeInteger(cbor, std::numeric_limits<qint64>::min(), largest, out);
  } else if constexpr (std::is_same_v<T, bool>) {
    out = cbor.toBool();
    return cbor.isBool();
  } else if constexpr (std::is_same_v<T, double>) {
    out = cbor.toDouble();
    return cbor.isDouble() || cbor.isInteger();
  } else if constexpr (std::is_same_v<T, QByteArray>) {
    out = cbor.toByteArray();
    return cbor.isByteArray();
  } else {
    static_assert(std::is_same_v<T, QString>);
    out = cbor.toString();
    return cbor.isString();
  }
}

struct Put {
  QCborMap map;
  template <class T>
  void operator()(const char *key, const T &value) {
    const QCborValue cbor = fieldToCbor(value);
    if (!cbor.isUndefined()) map.insert(QLatin1String(key), cbor);
  }
};

/// What is absent keeps its default. `wrong` is the first key with something else in it.
struct Take {
  const QCborMap &map;
  QString wrong = {};
  template <class T>
  void operator()(const char *key, T &value) {
    const QCborValue cbor = map.value(QLatin1String(key));
    if (!cbor.isUndefined() && !fieldFromCbor(cbor, value) && wrong.isEmpty()) wrong = QLatin1String(key);
  }
};

/// `fields(visitor, object)` for each struct, const or not.
template <class S, class T>
concept IsOf = std::is_same_v<std::remove_const_t<S>, T>;

void fields(auto &field, IsOf<AlarmTransition> auto &alarm) {
  field("alarm_id", alarm.alarmId);
  field("rule_id", alarm.ruleId);
  field("rule_name", alarm.ruleName);
  field("area", alarm.area);
  field("state", alarm.state);
  field("previous", alarm.previous);
  field("condition", alarm.condition);
  field("severity", alarm.severity);
  field("comparison", alarm.comparison);
  field("level", alarm.level);
  field("point", alarm.point);
  field("datapoint_id", alarm.pointNumber);
  field("value", alarm.value);
  field("value_text", alarm.valueText);
  field("warning_threshold", alarm.warningThreshold);
  field("alarm_threshold", alarm.alarmThreshold);
  field("warning_threshold_low", alarm.warningThresholdLow);
  field("warning_threshold_high", alarm.warningThresholdHigh);
  field("alarm_threshold_low", alarm.alarmThresholdLow);
  field("alarm_threshold_high", alarm.alarmThresholdHigh);
  field("message", alarm.message);
  field("first_out", alarm.isFirstOut);
  field("chattering", alarm.isChattering);
  field("stored", alarm.isStored);
}

void fields(auto &field, IsOf<AlarmConditionChange> auto &change) {
  field("alarm_id", change.alarmId);
  field("rule_id", change.ruleId);
  field("rule_name", change.ruleName);
  field("area", change.area);
  field("state", change.state);
  field("severity", change.severity);
  field("condition", change.condition);
  field("previous_condition", change.previous);
  field("cause", change.cause);
  field("by", change.by);
  field("comment", change.comment);
  field("until", change.until);
  field("stored", change.isStored);
}

void fields(auto &field, IsOf<TriggerEvent> auto &trigger) {
  field("trigger_id", trigger.triggerId);
  field("trigger_name", trigger.triggerName);
  field("direction", trigger.direction);
  field("tag_id", trigger.tagId);
  field("tag_name", trigger.tagName);
  field("zone_id", trigger.zoneId);
  field("x", trigger.x);
  field("y", trigger.y);
  field("z", trigger.z);
  field("reason", trigger.reason);
  field("origin", trigger.origin);
}

void fields(auto &field, IsOf<CommandStatus> auto &status) {
  field("command_id", status.commandId);
  field("point", status.point);
  field("status", status.state);
  field("actual_value", status.actualValue);
  field("error", status.error);
  field("interlock", status.interlock);
  field("scene", status.scene);
  field("scene_points", status.scenePoints);
}

void fields(auto &field, IsOf<SystemEvent> auto &system) {
  field("kind", system.kind);
  field("text", system.text);
  field("severity", system.severity);
}

void fields(auto &field, IsOf<CustomEvent> auto &custom) {
  field("custom_type", custom.type);
  field("json", custom.json);
}

void fields(auto &field, IsOf<Command> auto &command) {
  field("id", command.id);
  field("point", command.point);
  field("value", command.value);
  field("correlation_id", command.correlationId);
  field("requested_by", command.requestedBy);
  field("created", command.created);
  field("expires", command.expires);
  field("kind", command.kind);
  field("duration_ms", command.duration);
  field("scene", command.scene);
  field("address", command.address);
  field("comment", command.comment);
  field("selection", command.selection);
  field("urgent", command.isUrgent);
}

void fields(auto &field, IsOf<CommandRules> auto &rules) {
  field("confirm", rules.confirm);
  field("min_interval_ms", rules.interval);
  field("min_on_ms", rules.minimumOn);
  field("min_off_ms", rules.minimumOff);
  field("max_step", rules.maximumStep);
  field("safe_value", rules.safeValue);
}

void fields(auto &field, IsOf<PointInfo> auto &info) {
  field("name", info.name);
  field("type", info.type);
  field("number", info.number);
  field("unit", info.unit);
  field("description", info.description);
  field("writable", info.writable);
  field("verify", info.verify);
  field("min", info.minimum);
  field("max", info.maximum);
  field("tag", info.tag);
}

}  // namespace tagwire::isolation
