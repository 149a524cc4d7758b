// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/metric.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>
#include <QUuid>

#include <cmath>
#include <map>

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

Result<void> setInteger(Metric &metric, qint64 value, DataType type) {
  struct Range {
    qint64 least;
    qint64 most;
  };
  static const std::map<DataType, Range> ranges{
      {DataType::Int8, {-128, 127}},
      {DataType::Int16, {-32'768, 32'767}},
      {DataType::Int32, {std::numeric_limits<qint32>::min(), std::numeric_limits<qint32>::max()}},
      {DataType::UInt8, {0, 255}},
      {DataType::UInt16, {0, 65'535}},
      {DataType::UInt32, {0, std::numeric_limits<quint32>::max()}},
      {DataType::UInt64, {0, std::numeric_limits<qint64>::max()}},
      {DataType::DateTime, {0, std::numeric_limits<qint64>::max()}}};
  if (const auto range = ranges.find(type);
      range != ranges.end() && (value < range->second.least || value > range->second.most)) {
    return failure(QStringLiteral("%1 does not fit into a metric of type %2 (allowed: %3 to %4)")
                       .arg(value)
                       .arg(toText(type))
                       .arg(range->second.least)
                       .arg(range->second.most));
  }
  if (type == DataType::Int64 || type == DataType::UInt64 || type == DataType::DateTime) {
    metric.set_long_value(static_cast<quint64>(value));
  } else {
    metric.set_int_value(static_cast<quint32>(value));
  }
  return {};
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

QString toText(DataType type) {
  static const char *const names[] = {"Unknown", "Int8",   "Int16",   "Int32",  "Int64",   "UInt8",   "UInt16",
                                      "UInt32",  "UInt64", "Float",   "Double", "Boolean", "String",  "DateTime",
                                      "Text",    "UUID",   "DataSet", "Bytes",  "File",    "Template"};
  const auto number = static_cast<size_t>(type);
  return number < std::size(names) ? QString::fromLatin1(names[number]) : QStringLiteral("type %1").arg(number);
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
    case DataType::Bytes:
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

Result<void> setValueAs(Metric &metric, const Value &value, DataType type) {
  if (const auto *whole = std::get_if<qint64>(&value)) return setInteger(metric, *whole, type);
  if (const auto *number = std::get_if<double>(&value); number && type == DataType::Float) {
    const auto narrow = static_cast<float>(*number);
    if (std::isfinite(*number) && !std::isfinite(narrow))
      return failure(QStringLiteral("it does not fit into a Float"));
    metric.set_float_value(narrow);
    return {};
  }
  const auto *text = std::get_if<QString>(&value);
  if (text && type == DataType::Uuid && QUuid::fromString(*text).toString(QUuid::WithoutBraces) != text->toLower())
    return failure(QStringLiteral("it is no UUID (allowed: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)"));
  if (text && type == DataType::Bytes) {
    const QByteArray bytes = QByteArray::fromBase64(text->toLatin1());
    if (QString::fromLatin1(bytes.toBase64()) != *text) return failure(QStringLiteral("it is not in Base64"));
    metric.set_bytes_value(bytes.toStdString());
    return {};
  }
  setValue(metric, value);
  return {};
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
      if (type == DataType::Bytes && kind == Kind::kBytesValue)
        return Value(QString::fromLatin1(QByteArray::fromStdString(metric.bytes_value()).toBase64()));
      if (type != DataType::Bytes && kind == Kind::kStringValue) return Value(textOf(metric.string_value()));
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
