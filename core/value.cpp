// SPDX-License-Identifier: Apache-2.0
#include "value.h"

#include <QJsonObject>
#include <QVariant>

#include <cmath>

namespace tagwire {

namespace {

QJsonValue finiteOrNull(double number) { return std::isfinite(number) ? QJsonValue(number) : QJsonValue(); }

tl::unexpected<QString> refusal(const Value &value, ValueType type) {
  const bool isText = typeOf(value) == ValueType::Text;
  return failure(
      QStringLiteral("%1 %2 can't be taken as %3")
          .arg(toText(typeOf(value)), isText ? u'"' + toText(value).left(50) + u'"' : toText(value), toText(type)));
}

Result<Value> numberAs(const Value &value, double number, ValueType type) {
  if (type == ValueType::Double) return Value(number);
  // 2^63 is the first double past qint64.
  const bool isWhole = std::trunc(number) == number && number >= -0x1p63 && number < 0x1p63;
  if (type == ValueType::Int && isWhole) return Value(static_cast<qint64>(number));
  if (type == ValueType::Bool && (number == 0 || number == 1)) return Value(number == 1);
  return refusal(value, type);
}

}  // namespace

std::optional<double> toNumber(const Value &value) {
  if (const bool *flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  if (const qint64 *integer = std::get_if<qint64>(&value)) return static_cast<double>(*integer);
  if (const double *number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

Result<Value> convertTo(const Value &value, ValueType type) {
  if (typeOf(value) == type) return value;
  const auto number = toNumber(value);
  if (!number) return refusal(value, type);
  return numberAs(value, *number, type);
}

QJsonValue toJson(const Value &value) {
  switch (typeOf(value)) {
    case ValueType::None:
      return {};
    case ValueType::Bool:
      return std::get<bool>(value);
    case ValueType::Int:
      return std::get<qint64>(value);
    case ValueType::Double:
      return finiteOrNull(std::get<double>(value));
    case ValueType::Text:
      return std::get<QString>(value);
    case ValueType::Position: {
      const Position &position = std::get<Position>(value);
      return QJsonObject{{QStringLiteral("x"), finiteOrNull(position.x)},
                         {QStringLiteral("y"), finiteOrNull(position.y)},
                         {QStringLiteral("z"), finiteOrNull(position.z)}};
    }
  }
  return {};
}

Result<Value> valueFromJson(const QJsonValue &json) {
  switch (json.type()) {
    case QJsonValue::Bool:
      return Value(json.toBool());
    case QJsonValue::String:
      return Value(json.toString());
    case QJsonValue::Double: {
      const QVariant number = json.toVariant();  // keeps 64-bit integers whole, which toDouble() does not
      if (number.typeId() == QMetaType::LongLong) return Value(number.toLongLong());
      return Value(json.toDouble());
    }
    default:
      return failure(QStringLiteral("a value must be true, false, a number or a string"));
  }
}

QString toText(const Value &value) {
  switch (typeOf(value)) {
    case ValueType::None:
      return QStringLiteral("none");
    case ValueType::Bool:
      return std::get<bool>(value) ? QStringLiteral("true") : QStringLiteral("false");
    case ValueType::Int:
      return QString::number(std::get<qint64>(value));
    case ValueType::Double:
      return QString::number(std::get<double>(value), 'g', 10);
    case ValueType::Text:
      return std::get<QString>(value);
    case ValueType::Position: {
      const Position &position = std::get<Position>(value);
      return QStringLiteral("(%1, %2, %3)")
          .arg(position.x, 0, 'f', 2)
          .arg(position.y, 0, 'f', 2)
          .arg(position.z, 0, 'f', 2);
    }
  }
  return {};
}

QLatin1String toText(ValueType type) {
  switch (type) {
    case ValueType::None:
      return QLatin1String("none");
    case ValueType::Bool:
      return QLatin1String("bool");
    case ValueType::Int:
      return QLatin1String("int");
    case ValueType::Double:
      return QLatin1String("double");
    case ValueType::Text:
      return QLatin1String("text");
    case ValueType::Position:
      return QLatin1String("position");
  }
  return QLatin1String("");
}

}  // namespace tagwire
