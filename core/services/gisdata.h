// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QTimeZone>

#include <optional>

#include "fixintake.h"

namespace tagwire {

/// The one object of a client's message, or what is wrong with it.
TAGWIRE_EXPORT Result<QJsonObject> parseMessage(const QByteArray &text);

/// A GISData (R1-10) as whoever takes it in reads it; `type` is not looked at. A TS without offset is in `zone`. Errors
/// name the field and what is allowed.
TAGWIRE_EXPORT Result<IncomingFix> fixFromJson(const QJsonObject &message, const QTimeZone &zone);

/// ISO 8601 with a time of day; without an offset it is in `zone`. Nothing for anything else.
TAGWIRE_EXPORT std::optional<Time> timeFromText(const QString &text, const QTimeZone &zone);

/// A whole number within ±2^53; nothing for anything else.
TAGWIRE_EXPORT std::optional<qint64> wholeNumber(const QJsonValue &value);

}  // namespace tagwire
