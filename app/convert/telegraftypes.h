// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include "modbuspointlist.h"

namespace tagwire::convert {

/// What a field of Telegraf says of its registers. Plain value.
struct TelegrafType {
  QString name;       ///< INT16, FLOAT32-IEEE, FIXED …
  QString order;      ///< ABCD …
  int registers = 0;  ///< how many it names; 0: as many as its type has
  int length = 0;     ///< STRING: registers
  qint64 bit = 0;     ///< BIT

  /// Sets what `point` has of it. An error: there is no such type here.
  Result<void> apply(ForeignPoint &point) const;
};

/// Seconds of "1m30s", "500ms"; nothing when it is no duration.
std::optional<double> secondsFromDuration(const QString &text);

/// The first of the `address`es of a field, and how many there are. An error when they are not one behind the other.
Result<qint64> firstAddress(const toml::table &field, int &count);

}  // namespace tagwire::convert
