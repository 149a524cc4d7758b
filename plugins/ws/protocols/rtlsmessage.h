// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QSet>
#include <QTimeZone>

#include <optional>

#include "event.h"
#include "result.h"
#include "services/gisdata.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// A request of page 1, checked: BeginStream, AddTag, RemoveTag or EndStream.
struct RtlsRequest {
  enum class Kind { BeginStream, AddTag, RemoveTag, EndStream };
  static constexpr int mostTags = 10'000;  ///< of one stream

  Kind kind = Kind::BeginStream;
  QHash<QString, bool> tags;          ///< id → positions too
  int zone = 0;                       ///< 0: every zone
  std::optional<QSet<int>> triggers;  ///< absent: every trigger

  /// Errors name the field and what is allowed.
  static Result<RtlsRequest> fromJson(const QJsonObject &message);
};

/// `reqid` to echo: a text or a whole number as JSON; `""` for anything else.
QByteArray requestIdJson(const QJsonObject &message);

/// R1-9
Frame triggerFrame(const TriggerEvent &event, Time time);

}  // namespace tagwire::ws
