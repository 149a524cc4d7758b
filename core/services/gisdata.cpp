// SPDX-License-Identifier: Apache-2.0
#include "gisdata.h"

#include <QDateTime>
#include <QJsonDocument>

#include <cmath>
#include <limits>

namespace tagwire {

namespace {

constexpr int longestText = 128;

/// Absent and null are the same: nothing was said.
bool isAbsent(const QJsonValue &value) { return value.isUndefined() || value.isNull(); }

/// A whole number within bounds under `key` into `into`; an error text, or empty.
QString readWhole(const QJsonObject &message, const char *key, int lowest, int highest, int &into) {
  const QJsonValue value = message.value(QLatin1String(key));
  if (isAbsent(value)) return {};
  const auto number = wholeNumber(value);
  if (!number || *number < lowest || *number > highest) {
    return QStringLiteral("%1 must be a whole number from %2 to %3").arg(QLatin1String(key)).arg(lowest).arg(highest);
  }
  into = static_cast<int>(*number);
  return {};
}

QString readNumber(const QJsonObject &message, const char *key, bool isRequired, double &into) {
  const QJsonValue value = message.value(QLatin1String(key));
  if (isAbsent(value)) return isRequired ? QStringLiteral("%1 is missing").arg(QLatin1String(key)) : QString();
  if (!value.isDouble() || !std::isfinite(value.toDouble())) {
    return QStringLiteral("%1 must be a number").arg(QLatin1String(key));
  }
  into = value.toDouble();
  return {};
}

QString readText(const QJsonObject &message, const char *key, bool isRequired, QString &into) {
  const QJsonValue value = message.value(QLatin1String(key));
  if (isAbsent(value)) return isRequired ? QStringLiteral("%1 is missing").arg(QLatin1String(key)) : QString();
  // Old simulators send an empty gateway.
  if (!isRequired && value == QLatin1String("")) return {};
  into = value.toString();
  if (!into.isEmpty() && into.size() <= longestText) return {};
  return QStringLiteral("%1 must be a text of 1 to %2 characters").arg(QLatin1String(key)).arg(longestText);
}

QString readTime(const QJsonObject &message, const QTimeZone &zone, std::optional<Time> &into) {
  const QJsonValue value = message.value(QLatin1String("TS"));
  if (isAbsent(value)) return {};
  into = timeFromText(value.toString(), zone);
  return into ? QString() : QStringLiteral("TS must be an ISO 8601 time such as \"2025-05-05T12:34:56.789\"");
}

}  // namespace

Result<QJsonObject> parseMessage(const QByteArray &text) {
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(text, &error);
  if (error.error != QJsonParseError::NoError) {
    return failure(QStringLiteral("not JSON: %1 at byte %2").arg(error.errorString()).arg(error.offset));
  }
  if (!document.isObject()) return failure(QStringLiteral("a message must be a JSON object"));
  return document.object();
}

Result<IncomingFix> fixFromJson(const QJsonObject &message, const QTimeZone &zone) {
  IncomingFix incoming;
  Fix &fix = incoming.fix;
  constexpr int mostZone = std::numeric_limits<int>::max();
  for (const QString &wrong :
       {readText(message, "ID", true, fix.tag), readNumber(message, "X", true, incoming.x),
        readNumber(message, "Y", true, incoming.y), readNumber(message, "Z", false, incoming.z),
        readText(message, "Type", false, fix.type), readText(message, "GWID", false, fix.gateway),
        readNumber(message, "CNF", false, fix.confidence), readNumber(message, "Acc", false, fix.accuracy),
        readWhole(message, "Bat", 0, 100, fix.battery), readWhole(message, "Sequence", 1, 200, fix.sequence),
        readWhole(message, "zone_id", 0, mostZone, fix.zone), readTime(message, zone, incoming.time)}) {
    if (!wrong.isEmpty()) return failure(wrong);
  }
  return incoming;
}

std::optional<Time> timeFromText(const QString &text, const QTimeZone &zone) {
  QDateTime time =
      text.size() <= 40 && text.contains(u'T') ? QDateTime::fromString(text, Qt::ISODateWithMs) : QDateTime();
  if (time.isValid() && time.timeSpec() == Qt::LocalTime) time = QDateTime(time.date(), time.time(), zone);
  if (!time.isValid() || time.date().year() < 1970 || time.date().year() > 2200) return std::nullopt;
  return fromMilliseconds(time.toMSecsSinceEpoch());
}

std::optional<qint64> wholeNumber(const QJsonValue &value) {
  constexpr double most = 9007199254740992.0;
  if (!value.isDouble()) return std::nullopt;
  const double number = value.toDouble();
  if (std::trunc(number) != number || std::abs(number) > most) return std::nullopt;
  return static_cast<qint64>(number);
}

}  // namespace tagwire
