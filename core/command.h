// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMetaType>
#include <QString>

#include "event.h"
#include "sample.h"

namespace tagwire {

/// A request to write a point. It goes left, through the hub's command router only.
struct Command {
  QString id;  ///< UUID, made by whoever asks (newCommandId())
  PointId point = PointId::None;
  Value value;            ///< engineering units; the router converts it to the point's type or refuses
  QString correlationId;  ///< the same text twice is the same command; may be empty
  QString requestedBy;    ///< for the audit
  Time created;
  Time expires;  ///< not sent after this; the router sets 10 s when absent
};

TAGWIRE_EXPORT QString newCommandId();

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::Command)
