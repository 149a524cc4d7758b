// SPDX-License-Identifier: Apache-2.0
// What goes over the omlox socket, as text.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

#include "services/locationhub.h"

namespace tagwire::ws {

/// "location_updates", "fence_events:geojson" …
std::optional<HubTopic> topicFromText(const QString &text);
QString toText(HubTopic topic);
/// All of them, for an error.
QString topicTexts();

inline constexpr int omloxNotAuthorized = 10004;
inline constexpr int omloxInvalidData = 10005;
/// No credential, or one that does not hold.
inline constexpr int omloxNotAuthenticated = 10006;
QByteArray omloxError(int code, const QString &text);
QByteArray omloxSubscribed(HubTopic topic, int id);
QByteArray omloxUnsubscribed(int id);
QByteArray omloxMessage(HubTopic topic, int id, const QList<QByteArray> &objects);

}  // namespace tagwire::ws
