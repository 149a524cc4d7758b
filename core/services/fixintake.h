// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <optional>

#include "../export.h"
#include "../timestamp.h"
#include "../value.h"
#include "service.h"

namespace tagwire {

/// A fix as it came in (R1-10), before any check but that of its types.
struct IncomingFix {
  Fix fix;  ///< `zone` 0 when the sender gave none
  double x = 0;
  double y = 0;
  double z = 0;
  std::optional<Time> time;  ///< source time; absent: time of receipt
  QString sender;            ///< names the connection: a new one starts the sequence anew
};

/// Who takes fixes in. Offered by plugin `rtls`.
class TAGWIRE_EXPORT FixIntake {
 public:
  static constexpr const char *serviceName = "fix intake";
  virtual ~FixIntake();
  /// True when it was accepted; else the reason ("sequence 17 is not after 18").
  virtual void take(Reply<bool> reply, IncomingFix fix) = 0;
};

}  // namespace tagwire
