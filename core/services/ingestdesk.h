// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QStringList>

#include <optional>

#include "../sample.h"
#include "service.h"

namespace tagwire {

/// One value for a virtual point, as it came in.
struct IngestValue {
  PointId point = PointId::None;
  Value value;
  std::optional<Time> time;  ///< source time; absent: time of receipt
};

/// Who takes in values for its virtual points. Offered by plugin `ingest`.
class TAGWIRE_EXPORT IngestDesk {
 public:
  static constexpr const char *serviceName = "ingest desk";
  virtual ~IngestDesk();
  /// One text for each value, in their order: empty when it was accepted, else the reason ("9 is out of range …").
  virtual void take(Reply<QStringList> reply, QList<IngestValue> values) = 0;
};

}  // namespace tagwire
