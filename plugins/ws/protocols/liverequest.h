// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include <chrono>
#include <optional>

#include "topics.h"

namespace tagwire::ws {

/// {"op":"subscribe",…} of R6-2 and R6-3, checked.
struct LiveSubscribe {
  QString id;
  TopicSet topics;
  std::chrono::nanoseconds interval{0};  ///< from max_rate; 0: every update
  std::optional<quint64> after;          ///< resume behind this number …
  QString epoch;                         ///< … of this run

  static Result<LiveSubscribe> fromJson(const QJsonObject &message);
};

/// The id of a subscription: a text of 1 to 64 characters.
Result<QString> subscriptionId(const QJsonObject &message);

/// "10/s" as the time between two updates.
Result<std::chrono::nanoseconds> intervalFromRate(const QString &rate);

}  // namespace tagwire::ws
