// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include <chrono>
#include <optional>
#include <span>

#include "presence.h"
#include "result.h"

namespace tagwire::rtls {

/// One field of an object that a client may send.
struct HubField {
  enum class Kind : quint8 {
    Text,
    Id,            ///< a UUID
    Number,        ///< any
    Length,        ///< metres, 0 or more
    Milliseconds,  ///< 0 or more, or -1: endless
    Flag,
    Object,  ///< any JSON object; what it holds is looked at elsewhere
    List,    ///< the same of an array
    Texts,
    Word,  ///< one of `words`
    Time
  };
  const char *name;
  Kind kind = Kind::Text;
  bool isRequired = false;
  const char *words = "";  ///< with blanks in between
};

/// The fields of `body` that are known and not null; others are dropped. Errors name the first field that is wrong or
/// missing, and what is allowed.
Result<QJsonObject> readFields(const QJsonObject &body, std::span<const HubField> fields);

/// How one who is tracked wants fences to take their leave; what is not said is the fence's own.
struct FenceWish {
  std::optional<std::chrono::nanoseconds> timeout;
  std::optional<std::chrono::nanoseconds> toleranceTimeout;
  std::optional<std::chrono::nanoseconds> exitDelay;
  std::optional<double> exitTolerance;  ///< in the instance's unit

  /// From checked fields; `timeout` is `timeoutName`. `unit` is metres to a unit.
  static FenceWish fromJson(const QJsonObject &json, const char *timeoutName, double metresPerUnit);
  /// `rule` with all that is said here.
  PresenceRule applied(PresenceRule rule) const;
};

}  // namespace tagwire::rtls
