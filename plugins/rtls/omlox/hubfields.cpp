// SPDX-License-Identifier: Apache-2.0
#include "hubfields.h"

#include <QJsonArray>
#include <QUuid>

#include <algorithm>
#include <cmath>

#include "timestamp.h"

namespace tagwire::rtls {
namespace {

using Kind = HubField::Kind;

constexpr qsizetype longestFieldText = 1000;
constexpr double longestTime = 1e12;

QStringList wordsOf(const HubField &field) { return QString::fromLatin1(field.words).split(u' ', Qt::SkipEmptyParts); }

bool isNumber(const QJsonValue &value) { return value.isDouble() && std::isfinite(value.toDouble()); }

bool isTexts(const QJsonValue &value) {
  if (!value.isArray()) return false;
  const QJsonArray list = value.toArray();
  return std::all_of(list.begin(), list.end(), [](const auto &each) {
    return each.isString() && !each.toString().isEmpty() && each.toString().size() <= longestFieldText;
  });
}

/// As we write them ourselves: one thing has one name.
bool isId(const QString &text) {
  const QUuid id = QUuid::fromString(text);
  return !id.isNull() && id.toString(QUuid::WithoutBraces) == text;
}

bool fits(const HubField &field, const QJsonValue &value) {
  const double number = value.toDouble();
  switch (field.kind) {
    case Kind::Text:
      return value.isString() && value.toString().size() <= longestFieldText;
    case Kind::Id:
      return isId(value.toString());
    case Kind::Number:
      return isNumber(value);
    case Kind::Length:
      return isNumber(value) && number >= 0;
    case Kind::Milliseconds:
      return isNumber(value) && (number == -1 || (number >= 0 && number <= longestTime));
    case Kind::Flag:
      return value.isBool();
    case Kind::Object:
      return value.isObject();
    case Kind::List:
      return value.isArray();
    case Kind::Texts:
      return isTexts(value);
    case Kind::Word:
      return wordsOf(field).contains(value.toString());
    case Kind::Time:
      return value.toString().size() <= 40 && fromIso(value.toString()).has_value();
  }
  return false;
}

QString allowedFor(const HubField &field) {
  switch (field.kind) {
    case Kind::Text:
      return QStringLiteral("a text of %1 characters at most").arg(longestFieldText);
    case Kind::Id:
      return QStringLiteral("a UUID of 36 characters in lower case");
    case Kind::Number:
      return QStringLiteral("a number");
    case Kind::Length:
      return QStringLiteral("a number of 0 or more");
    case Kind::Milliseconds:
      return QStringLiteral("milliseconds, or -1: endless");
    case Kind::Flag:
      return QStringLiteral("true, false");
    case Kind::Object:
      return QStringLiteral("an object");
    case Kind::List:
      return QStringLiteral("a list");
    case Kind::Texts:
      return QStringLiteral("a list of texts");
    case Kind::Word:
      return wordsOf(field).join(QStringLiteral(", "));
    case Kind::Time:
      return QStringLiteral("ISO 8601 with a zone, as in \"2025-12-27T06:00:00.000Z\"");
  }
  return {};
}

std::optional<std::chrono::nanoseconds> timeOf(const QJsonValue &value) {
  if (!value.isDouble()) return std::nullopt;
  if (value.toDouble() < 0) return endless;
  return std::chrono::milliseconds(static_cast<qint64>(value.toDouble()));
}

}  // namespace

Result<QJsonObject> readFields(const QJsonObject &body, std::span<const HubField> fields) {
  QJsonObject taken;
  for (const HubField &field : fields) {
    const QString name = QString::fromLatin1(field.name);
    const QJsonValue value = body.value(name);
    const bool isThere = !value.isUndefined() && !value.isNull();
    if (isThere && fits(field, value)) {
      taken.insert(name, value);
    } else if (isThere || field.isRequired) {
      return failure(QStringLiteral("%1 is %2 (allowed: %3)")
                         .arg(name, isThere ? QStringLiteral("wrong") : QStringLiteral("missing"), allowedFor(field)));
    }
  }
  return taken;
}

FenceWish FenceWish::fromJson(const QJsonObject &json, const char *timeoutName, double metresPerUnit) {
  FenceWish wish;
  wish.timeout = timeOf(json.value(QLatin1String(timeoutName)));
  wish.toleranceTimeout = timeOf(json.value(u"tolerance_timeout"));
  wish.exitDelay = timeOf(json.value(u"exit_delay"));
  const QJsonValue tolerance = json.value(u"exit_tolerance");
  if (tolerance.isDouble()) wish.exitTolerance = tolerance.toDouble() / metresPerUnit;
  return wish;
}

PresenceRule FenceWish::applied(PresenceRule rule) const {
  rule.timeout = timeout.value_or(rule.timeout);
  rule.toleranceTimeout = toleranceTimeout.value_or(rule.toleranceTimeout);
  rule.exitDelay = exitDelay.value_or(rule.exitDelay);
  rule.exitTolerance = exitTolerance.value_or(rule.exitTolerance);
  return rule;
}

}  // namespace tagwire::rtls
