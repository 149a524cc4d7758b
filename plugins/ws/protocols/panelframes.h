// SPDX-License-Identifier: Apache-2.0
// The messages of page 5 that go to panels, encoded once for all of them.
#pragma once

#include <optional>

#include "event.h"
#include "jsontext.h"
#include "pointtable.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// Of a command, in what panels send.
constexpr int longestCommandId = 128;

/// R5-4, as an open object's fields and its braces.
QByteArray telemetryText(const Sample &sample, const PointTable &points);
/// R5-4
Frame telemetryFrame(const Sample &sample, const PointTable &points);
/// R5-6
/// R5-6; nothing when the event is none that panels are told of: an alarm that becomes active or rises, or that is
/// told of again after it was shelved, suppressed or out of service.
std::optional<Frame> alarmFrame(const Event &event);
/// The fields of R5-5 but `type`, into an open object.
void putCommandStatus(JsonText &json, const CommandStatus &status, Time time);
/// R5-5
Frame commandStatusFrame(const CommandStatus &status, Time time);
/// R5-7
Frame panelError(const QString &message);
/// A subscription to a point ended (R5-14).
Frame panelError(int endpointId, const char *message);

}  // namespace tagwire::ws
