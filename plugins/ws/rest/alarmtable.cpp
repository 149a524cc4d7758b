// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmtable.h"

#include <QByteArrayList>

#include <cmath>

#include "rest/csvcell.h"

namespace tagwire::ws {

namespace {

QByteArray alarmCell(double number) {
  return std::isfinite(number) ? QByteArray::number(number, 'g', 12) : QByteArray();
}
QByteArray alarmCell(qint64 number) { return number == 0 ? QByteArray() : QByteArray::number(number); }
QByteArray alarmCell(Time time) { return toIso(time, 6).toLatin1(); }

QByteArrayList cellsOf(const AlarmTransition &alarm) {
  return {"alarm_state",
          QByteArray::number(alarm.ruleId),
          csvCell(alarm.ruleName),
          csvCell(alarm.area),
          toText(alarm.state).latin1(),
          toText(alarm.previous).latin1(),
          toText(alarm.condition).latin1(),
          "",
          toText(alarm.severity).latin1(),
          alarmCell(alarm.value),
          csvCell(alarm.valueText),
          csvCell(alarm.level),
          csvCell(alarm.message),
          "",
          "",
          "",
          "",
          alarmCell(alarm.alarmId),
          alarmCell(qint64(alarm.pointNumber))};
}

QByteArrayList cellsOf(const AlarmConditionChange &change) {
  return {"alarm_condition",
          QByteArray::number(change.ruleId),
          csvCell(change.ruleName),
          csvCell(change.area),
          toText(change.state).latin1(),
          "",
          toText(change.condition).latin1(),
          toText(change.previous).latin1(),
          toText(change.severity).latin1(),
          "",
          "",
          "",
          "",
          csvCell(change.cause),
          csvCell(change.by),
          csvCell(change.comment),
          change.until ? alarmCell(*change.until) : QByteArray(),
          alarmCell(change.alarmId),
          ""};
}

}  // namespace

QByteArray alarmCsv(const QList<Event> &events) {
  QByteArray csv =
      "seq,ts,type,rule_id,rule_name,area,state,previous,condition,previous_condition,severity,value,value_text,level,"
      "message,cause,by,comment,until,alarm_id,datapoint_id\r\n";
  for (const Event &event : events) {
    QByteArrayList cells{QByteArray::number(event.sequence), alarmCell(event.time)};
    if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) cells += cellsOf(*alarm);
    if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) cells += cellsOf(*change);
    csv += cells.join(',') + "\r\n";
  }
  return csv;
}

}  // namespace tagwire::ws
