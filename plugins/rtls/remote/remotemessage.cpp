// SPDX-License-Identifier: Apache-2.0
#include "remote/remotemessage.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tracker.h"

namespace tagwire::rtls {

namespace {

constexpr qsizetype longestRemoteText = 200;
constexpr double largestNumber = 1e9;
constexpr double mostWhole = 9'007'199'254'740'992.0;  // 2^53

/// Reads the fields of one message; the first thing that is wrong stays in `wrong`.
class Fields {
 public:
  explicit Fields(const QJsonObject &message) : m_message(message) {}

  QString text(const char *key, bool isRequired = false) {
    const QJsonValue value = take(key, isRequired);
    if (value.isUndefined()) return {};
    const QString text = value.toString();
    const bool hasControl = std::any_of(text.cbegin(), text.cend(),
                                        [](QChar character) { return character.category() == QChar::Other_Control; });
    if (!value.isString() || text.size() > longestRemoteText || hasControl || (isRequired && text.isEmpty())) {
      fail(key, "a text of at most 200 characters, none of them a control character");
      return {};
    }
    return text;
  }

  double number(const char *key, bool isRequired = false, double fallback = 0) {
    const QJsonValue value = take(key, isRequired);
    if (value.isUndefined()) return fallback;
    if (!value.isDouble() || !(std::abs(value.toDouble()) <= largestNumber)) fail(key, "a number within 1e9");
    return value.toDouble();
  }

  qint64 whole(const char *key, qint64 lowest, qint64 highest, qint64 fallback, bool isRequired = false) {
    const QJsonValue value = take(key, isRequired);
    if (value.isUndefined()) return fallback;
    const double number = value.toDouble(std::nan(""));
    if (number != std::floor(number) || !(std::abs(number) <= mostWhole) || number < static_cast<double>(lowest) ||
        number > static_cast<double>(highest)) {
      fail(key, "a whole number in its range");
      return fallback;
    }
    return static_cast<qint64>(number);
  }

  int integer(const char *key, int lowest, int highest, int fallback, bool isRequired = false) {
    return static_cast<int>(whole(key, lowest, highest, fallback, isRequired));
  }

  std::optional<Time> time(const char *key, const QTimeZone &zone) {
    const QJsonValue value = take(key, false);
    if (value.isUndefined()) return std::nullopt;
    const QString text = value.toString();
    QDateTime time =
        text.size() <= 40 && text.contains(u'T') ? QDateTime::fromString(text, Qt::ISODateWithMs) : QDateTime();
    if (time.isValid() && time.timeSpec() == Qt::LocalTime) time = QDateTime(time.date(), time.time(), zone);
    if (!time.isValid() || time.date().year() < 1970 || time.date().year() > 2200) {
      fail(key, "an ISO 8601 time");
      return std::nullopt;
    }
    return fromMilliseconds(time.toMSecsSinceEpoch());
  }

  const QString &wrong() const { return m_wrong; }

 private:
  /// Null is as good as absent.
  QJsonValue take(const char *key, bool isRequired) {
    const QJsonValue value = m_message.value(QLatin1String(key));
    if (!value.isUndefined() && !value.isNull()) return value;
    if (isRequired) fail(key, "there");
    return QJsonValue(QJsonValue::Undefined);
  }
  void fail(const char *key, const char *due) {
    if (m_wrong.isEmpty()) m_wrong = QStringLiteral("%1 must be %2").arg(QLatin1String(key), QLatin1String(due));
  }

  const QJsonObject &m_message;
  QString m_wrong;
};

RemoteEvent eventFrom(Fields &fields, const QTimeZone &zone) {
  constexpr int most = std::numeric_limits<int>::max();
  RemoteEvent remote;
  TriggerEvent &event = remote.event;
  event.triggerId = fields.integer("trigger_id", 1, most, 0, true);
  event.direction = fields.text("direction", true);
  event.tagId = fields.text("tag_id", true);
  event.triggerName = fields.text("trigger_name");
  event.tagName = fields.text("tag_name");
  event.zoneId = fields.integer("zone_id", 0, most, 0);
  event.x = fields.number("x");
  event.y = fields.number("y");
  event.z = fields.number("z");
  event.reason = fields.text("reason");
  event.origin = fields.text("origin");
  remote.time = fields.time("timestamp", zone);
  return remote;
}

IncomingFix fixFrom(Fields &fields, const QTimeZone &zone) {
  IncomingFix incoming;
  incoming.fix.tag = fields.text("ID", true);
  incoming.x = fields.number("X", true);
  incoming.y = fields.number("Y", true);
  incoming.z = fields.number("Z");
  incoming.fix.type = fields.text("Type");
  incoming.fix.gateway = fields.text("GWID");
  incoming.fix.battery = fields.integer("Bat", 0, 100, -1);
  incoming.fix.sequence = fields.integer("Sequence", 1, 200, -1);
  incoming.fix.zone = fields.integer("zone_id", 0, std::numeric_limits<int>::max(), 0);
  incoming.fix.confidence = fields.number("CNF", false, std::nan(""));
  incoming.time = fields.time("TS", zone);
  return incoming;
}

StreamRequest requestOf(qsizetype number, const QJsonArray &params, int zone) {
  StreamRequest request{QStringLiteral("BeginStream"), QStringLiteral("tagwire"), {}};
  if (number > 0) request = {QStringLiteral("AddTag"), QStringLiteral("tagwire-%1").arg(number), {}};
  QJsonObject message{{QStringLiteral("type"), QStringLiteral("request")},
                      {QStringLiteral("request"), request.name},
                      {QStringLiteral("reqid"), request.id},
                      {QStringLiteral("params"), params}};
  if (number == 0 && zone != 0) message.insert(QStringLiteral("zone_id"), zone);
  request.text = QJsonDocument(message).toJson(QJsonDocument::Compact);
  return request;
}

}  // namespace

Result<RemoteMessage> readRemoteMessage(const QByteArray &text, const QTimeZone &zone) {
  const QJsonDocument document = QJsonDocument::fromJson(text);
  if (!document.isObject()) return failure(QStringLiteral("is not a JSON object"));
  const QJsonObject message = document.object();
  Fields fields(message);
  const QString type = fields.text("type", true);
  RemoteMessage read;
  if (type == QLatin1String("HeartBeat")) {
    constexpr qint64 most = qint64(1) << 53;
    read = RemoteHeartBeat{fields.whole("ts", -most, most, 0, true)};
  } else if (type == QLatin1String("TriggerEvent")) {
    read = eventFrom(fields, zone);
  } else if (type == QLatin1String("GISData")) {
    read = fixFrom(fields, zone);
  } else if (type == QLatin1String("response")) {
    // Whatever it says is only shown.
    read = RemoteAnswer{fields.text("reqid"), fields.text("response", true),
                        message.value(QLatin1String("message")).toString()};
  } else if (fields.wrong().isEmpty()) {
    return failure(QStringLiteral("unknown type \"%1\"").arg(printable(type)));
  }
  if (!fields.wrong().isEmpty()) return failure(fields.wrong());
  if (const auto *fix = std::get_if<IncomingFix>(&read)) {
    if (const QString wrong = wrongFix(*fix); !wrong.isEmpty()) return failure(wrong);
  }
  return read;
}

Result<RecentEvents> readRecentEvents(const QByteArray &text, const QTimeZone &zone) {
  const QJsonDocument document = QJsonDocument::fromJson(text);
  if (!document.isArray()) return failure(QStringLiteral("is not a JSON array"));
  const QJsonArray list = document.array();
  RecentEvents recent;
  for (qsizetype i = std::max<qsizetype>(0, list.size() - RecentEvents::most); i < list.size(); ++i) {
    const QJsonObject message = list.at(i).toObject();
    Fields fields(message);
    const RemoteEvent event = eventFrom(fields, zone);
    // One without a time can't be known again.
    if (fields.wrong().isEmpty() && event.time) {
      recent.events << event;
    } else {
      ++recent.malformed;
    }
  }
  return recent;
}

QList<StreamRequest> streamRequests(const QStringList &tags, int zone, bool positions) {
  constexpr qsizetype frame = 200;  // what is around the tags
  QList<StreamRequest> requests;
  QJsonArray params;
  qsizetype size = frame;
  const auto finish = [&] {
    requests << requestOf(requests.size(), params, zone);
    params = {};
    size = frame;
  };
  const QString data = positions ? QStringLiteral("true") : QStringLiteral("false");
  for (const QString &tag : tags) {
    const QJsonObject each{{QStringLiteral("id"), tag}, {QStringLiteral("data"), data}};
    const qsizetype more = QJsonDocument(each).toJson(QJsonDocument::Compact).size() + 1;
    if (size + more > StreamRequest::longest) finish();
    params.append(each);
    size += more;
  }
  finish();
  return requests;
}

QByteArray heartBeatText(qint64 ts) { return "{\"type\":\"HeartBeat\",\"ts\":" + QByteArray::number(ts) + '}'; }

}  // namespace tagwire::rtls
