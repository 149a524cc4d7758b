// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>

#include "result.h"
#include "timestamp.h"

class QJsonObject;

namespace tagwire::ws {

/// A message of somebody else's making for clients of `rooms` (R4-10). Plain value.
struct Broadcast {
  QString type;
  QByteArray data;  ///< JSON object
  std::optional<int> room;
  QString clientId;             ///< empty: not for one client alone
  Time time;                    ///< when it came
  std::optional<Time> expires;  ///< until then it is kept and given to clients that connect
  quint64 number = 0;           ///< of those that are kept, rising; 0: not kept

  /// Longest `data` of one that is kept: 256 of them are sent to whoever connects.
  static constexpr qsizetype longestKept = 16 * 1024;

  /// The body of R4-10, or of one that was kept. Errors name the field and what is allowed. Unknown fields are let be.
  static Result<Broadcast> fromJson(const QJsonObject &body, Time now);
  /// As fromJson() reads it, for one that is kept.
  QByteArray toJson() const;
};

}  // namespace tagwire::ws
