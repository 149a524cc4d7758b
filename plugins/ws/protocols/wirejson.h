// SPDX-License-Identifier: Apache-2.0
// Groups of fields that more than one wire contract has.
#pragma once

#include <QJsonObject>

#include "event.h"
#include "jsontext.h"
#include "result.h"
#include "services/gisdata.h"

namespace tagwire::ws {

/// ID, Type, TS, X, Y, Z, Bat, CNF, GWID, Sequence and zone_id of R1-11, and Acc, into an open object; what is not
/// known is left out. `name` is the tag's id as a JSON string. TS is UTC with "Z", so that no reader has to know our
/// time zone.
void putFix(JsonText &json, const QByteArray &name, const Sample &sample);

/// The fields of R3-4 but `type`, and alarm_id and area, into an open object. `time` becomes `ts`.
void putAlarm(JsonText &json, const AlarmTransition &alarm, Time time);

/// True for a transition to a worse state.
constexpr bool isRise(const AlarmTransition &alarm) { return alarm.state > alarm.previous; }

/// "alarms/<area>/<rule id>", without an area "alarms/<rule id>".
QString topicOf(const AlarmTransition &alarm);

/// At most `longest` characters of what a client sent, for an error text.
QString excerpt(const QString &text, int longest = 50);

}  // namespace tagwire::ws
