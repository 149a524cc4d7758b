// SPDX-License-Identifier: Apache-2.0
#include "watchlines.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

namespace tagwire {

namespace {

constexpr qsizetype mostUnits = 1'000'000;

bool isHarmless(char32_t character) {
  switch (QChar::category(character)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
      return false;
    default:
      return character != U'\\';
  }
}

QString textAt(const QJsonObject &object, const char *key) {
  return printable(object.value(QLatin1String(key)).toString());
}

/// "12:34:56.789" in the time zone of whoever watches.
QString timeText(const QJsonValue &value) {
  const QDateTime time = QDateTime::fromString(value.toString(), Qt::ISODateWithMs);
  return time.isValid() ? time.toLocalTime().toString(QStringLiteral("HH:mm:ss.zzz")) : QStringLiteral("--:--:--.---");
}

QString numberText(double number) { return QString::number(number, 'g', 10); }

QString valueText(const QJsonValue &value) {
  switch (value.type()) {
    case QJsonValue::Bool:
      return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case QJsonValue::Double: {
      const QVariant number = value.toVariant();  // keeps 64-bit integers whole
      return number.typeId() == QMetaType::LongLong ? number.toString() : numberText(value.toDouble());
    }
    // In quotes, so that a text can't be taken for a value, a unit and a quality.
    case QJsonValue::String:
      return u'"' + printable(value.toString()).replace(u'"', QLatin1String("\\\"")) + u'"';
    case QJsonValue::Object: {
      const QByteArray json = QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact);
      return printable(QString::fromUtf8(json));
    }
    default:
      return QStringLiteral("-");
  }
}

QString columns(const QStringList &texts) { return texts.join(QLatin1String("  ")); }

QString tagLine(const QJsonObject &tag) {
  const auto coordinate = [&](const char *key) {
    const QJsonValue value = tag.value(QLatin1String(key));
    return value.isDouble() ? QString::number(value.toDouble(), 'f', 2) : QStringLiteral("-");
  };
  QStringList texts{timeText(tag.value(QLatin1String("TS"))), QStringLiteral("tag ") + textAt(tag, "ID"),
                    QStringLiteral("(%1, %2, %3)").arg(coordinate("X"), coordinate("Y"), coordinate("Z"))};
  if (const QJsonValue zone = tag.value(QLatin1String("zone_id")); zone.isDouble()) {
    texts << QStringLiteral("zone %1").arg(zone.toInt());
  }
  if (const QString quality = textAt(tag, "q"); !quality.isEmpty()) texts << quality;
  return columns(texts);
}

QString alarmLine(const QJsonObject &alarm) {
  return columns({timeText(alarm.value(QLatin1String("ts"))),
                  QStringLiteral("alarm %1").arg(alarm.value(QLatin1String("rule_id")).toInt()), textAt(alarm, "state"),
                  textAt(alarm, "severity"), valueText(alarm.value(QLatin1String("value"))), textAt(alarm, "message")});
}

bool isCondition(const QJsonObject &object) {
  return object.value(QLatin1String("type")) == QLatin1String("alarm_condition");
}

/// What an operator did, or what came by itself.
QString conditionLine(const QJsonObject &change) {
  return columns({timeText(change.value(QLatin1String("ts"))),
                  QStringLiteral("alarm %1").arg(change.value(QLatin1String("rule_id")).toInt()),
                  textAt(change, "condition"), textAt(change, "severity"),
                  QStringLiteral("%1 by %2").arg(textAt(change, "cause"), textAt(change, "by")),
                  textAt(change, "comment")});
}

QString eventLine(const QJsonObject &event) {
  QJsonObject rest = event;
  for (const char *key : {"seq", "type", "t"}) rest.remove(QLatin1String(key));
  return columns(
      {timeText(event.value(QLatin1String("t"))), QStringLiteral("event ") + textAt(event, "type"), valueText(rest)});
}

/// What names a transition or a change of condition, in the list of alarms and in that of events.
QString transitionOf(const QJsonObject &object) {
  const char *key = isCondition(object) ? "cause" : "state";
  return QStringLiteral("%1 %2").arg(object.value(QLatin1String("rule_id")).toInt()).arg(textAt(object, key));
}

QJsonArray listAt(const QJsonObject &message, const char *key) { return message.value(QLatin1String(key)).toArray(); }

}  // namespace

QString printable(const QString &text) {
  QString safe;
  for (const char32_t character : text.toUcs4()) {
    if (isHarmless(character)) {
      safe += QString::fromUcs4(&character, 1);
    } else if (character == U'\\') {
      safe += QLatin1String("\\\\");
    } else if (character < 0x100) {
      safe += QStringLiteral("\\x%1").arg(static_cast<uint>(character), 2, 16, QLatin1Char('0'));
    } else {
      safe += QStringLiteral("\\u{%1}").arg(static_cast<uint>(character), 4, 16, QLatin1Char('0'));
    }
  }
  return safe;
}

QString WatchLines::pointLine(const QJsonObject &point) {
  const QString name = point.value(QLatin1String("p")).toString();
  const QJsonValue unit = point.value(QLatin1String("u"));
  if (unit.isString() && m_units.size() < mostUnits) m_units.insert(name, printable(unit.toString()));
  const QJsonValue value = point.value(QLatin1String("v"));
  QString text = valueText(value);
  if (const QString known = m_units.value(name); value.isDouble() && !known.isEmpty()) text += u' ' + known;
  return columns({timeText(point.value(QLatin1String("t"))), printable(name), text, textAt(point, "q")});
}

QStringList WatchLines::linesOf(const QJsonObject &message) {
  QStringList lines;
  for (const QJsonValue &each : listAt(message, "points")) lines << pointLine(each.toObject());
  for (const QJsonValue &each : listAt(message, "tags")) lines << tagLine(each.toObject());
  QSet<QString> shown;
  for (const QJsonValue &each : listAt(message, "alarms")) {
    lines << (isCondition(each.toObject()) ? conditionLine(each.toObject()) : alarmLine(each.toObject()));
    shown.insert(transitionOf(each.toObject()));
  }
  for (const QJsonValue &each : listAt(message, "events")) {
    const QJsonObject event = each.toObject();
    // A transition that both kinds of topics brought is one line.
    const bool isAlarm = event.value(QLatin1String("type")) == QLatin1String("alarm") || isCondition(event);
    if (!isAlarm || !shown.contains(transitionOf(event))) lines << eventLine(event);
  }
  return lines;
}

}  // namespace tagwire
