// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/metric.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

namespace tagwire::mqtt {

namespace {

constexpr quint32 goodCode = 192;
constexpr quint32 staleCode = 500;
constexpr quint32 badCode = 0;

const sparkplug::Payload::PropertyValue *property(const Metric &metric, const char *name) {
  const auto &set = metric.properties();
  for (int i = 0; i < std::min(set.keys_size(), set.values_size()); ++i) {
    if (set.keys(i) == name) return &set.values(i);
  }
  return nullptr;
}

Result<Value> integerOf(const Metric &metric, DataType type) {
  using Kind = Metric::ValueCase;
  const Kind kind = metric.value_case();
  if (kind != Kind::kIntValue && kind != Kind::kLongValue) return failure(QStringLiteral("no integer"));
  const quint64 bits = kind == Kind::kIntValue ? metric.int_value() : metric.long_value();
  switch (type) {
    case DataType::Int8:
      return Value(qint64(static_cast<qint8>(bits)));
    case DataType::Int16:
      return Value(qint64(static_cast<qint16>(bits)));
    case DataType::Int32:
      return Value(qint64(static_cast<qint32>(bits)));
    case DataType::Int64:
      return Value(static_cast<qint64>(bits));
    default:
      if (bits > static_cast<quint64>(std::numeric_limits<qint64>::max()))
        return failure(QStringLiteral("beyond 2^63 - 1"));
      return Value(static_cast<qint64>(bits));
  }
}

}  // namespace

DataType dataTypeOf(ValueType type) {
  switch (type) {
    case ValueType::Bool:
      return DataType::Boolean;
    case ValueType::Int:
      return DataType::Int64;
    case ValueType::Text:
      return DataType::String;
    default:
      return DataType::Double;
  }
}

std::optional<ValueType> valueTypeOf(DataType type) {
  switch (type) {
    case DataType::Int8:
    case DataType::Int16:
    case DataType::Int32:
    case DataType::Int64:
    case DataType::UInt8:
    case DataType::UInt16:
    case DataType::UInt32:
    case DataType::UInt64:
    case DataType::DateTime:
      return ValueType::Int;
    case DataType::Float:
    case DataType::Double:
      return ValueType::Double;
    case DataType::Boolean:
      return ValueType::Bool;
    case DataType::String:
    case DataType::Text:
    case DataType::Uuid:
      return ValueType::Text;
    default:
      return {};
  }
}

void setValue(Metric &metric, const Value &value) {
  if (const auto *truth = std::get_if<bool>(&value)) {
    metric.set_boolean_value(*truth);
  } else if (const auto *whole = std::get_if<qint64>(&value)) {
    metric.set_long_value(static_cast<quint64>(*whole));
  } else if (const auto *number = std::get_if<double>(&value)) {
    metric.set_double_value(*number);
  } else if (const auto *text = std::get_if<QString>(&value)) {
    metric.set_string_value(text->toStdString());
  } else {
    metric.set_is_null(true);
  }
}

Result<Value> valueOf(const Metric &metric, DataType type) {
  using Kind = Metric::ValueCase;
  if (metric.is_null()) return Value();
  const auto due = valueTypeOf(type);
  if (!due) return failure(QStringLiteral("metrics of this type can't be points"));
  const Kind kind = metric.value_case();
  switch (*due) {
    case ValueType::Int:
      return integerOf(metric, type);
    case ValueType::Double:
      if (kind == Kind::kFloatValue) return Value(static_cast<double>(metric.float_value()));
      if (kind == Kind::kDoubleValue) return Value(metric.double_value());
      break;
    case ValueType::Bool:
      if (kind == Kind::kBooleanValue) return Value(metric.boolean_value());
      break;
    default:
      if (kind == Kind::kStringValue) return Value(textOf(metric.string_value()));
      break;
  }
  return failure(QStringLiteral("no value of its type"));
}

void setQuality(Metric &metric, Quality quality) {
  auto *set = metric.mutable_properties();
  set->add_keys("Quality");
  auto *code = set->add_values();
  code->set_type(static_cast<quint32>(DataType::Int32));
  code->set_int_value(quality.isGood() ? goodCode : quality.isBad() ? badCode : staleCode);
  if (quality.reason == QualityReason::None) return;
  set->add_keys("QualityReason");
  auto *reason = set->add_values();
  reason->set_type(static_cast<quint32>(DataType::String));
  reason->set_string_value(toText(quality.reason).latin1());
}

Quality qualityOf(const Metric &metric) {
  const auto *code = property(metric, "Quality");
  if (!code) return Quality::good();
  const quint64 number = code->has_long_value() ? code->long_value() : code->int_value();
  if (number == goodCode) return Quality::good();
  return number == staleCode ? Quality::uncertain(QualityReason::Stale) : Quality::bad(QualityReason::DeviceFailure);
}

std::optional<SparkplugTopic> SparkplugTopic::fromText(const QString &topic) {
  const QStringList levels = topic.split(u'/');
  if (levels.size() < 4 || levels.size() > 5 || levels[0] != u"spBv1.0") return {};
  for (const QString &level : levels) {
    if (level.isEmpty()) return {};
  }
  return SparkplugTopic{levels[1], levels[2], levels[3], levels.value(4)};
}

QString SparkplugTopic::toText() const {
  const QString topic = QStringLiteral("spBv1.0/") + group + u'/' + kind + u'/' + node;
  return device.isEmpty() ? topic : topic + u'/' + device;
}

QString stateTopic(const QString &host) { return QStringLiteral("spBv1.0/STATE/") + host; }

QByteArray statePayload(bool isOnline, qint64 milliseconds) {
  const QJsonObject json{{QStringLiteral("online"), isOnline}, {QStringLiteral("timestamp"), milliseconds}};
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

std::optional<HostState> HostState::fromPayload(const QByteArray &payload) {
  const QJsonObject json = QJsonDocument::fromJson(payload).object();
  const QJsonValue online = json.value(u"online");
  const QJsonValue timestamp = json.value(u"timestamp");
  if (!online.isBool() || !timestamp.isDouble()) return {};
  return HostState{online.toBool(), timestamp.toInteger()};
}

QByteArray bytesOf(const SparkplugPayload &payload) {
  QByteArray bytes(static_cast<qsizetype>(payload.ByteSizeLong()), Qt::Uninitialized);
  payload.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::optional<SparkplugPayload> payloadFrom(const QByteArray &bytes) {
  SparkplugPayload payload;
  if (!payload.ParseFromArray(bytes.constData(), static_cast<int>(bytes.size()))) return {};
  return payload;
}

quint64 millisecondsOf(Time time) { return static_cast<quint64>(std::max<qint64>(0, toMilliseconds(time))); }

}  // namespace tagwire::mqtt
