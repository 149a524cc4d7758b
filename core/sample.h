// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHashFunctions>
#include <QList>
#include <QMetaType>

#include "quality.h"
#include "timestamp.h"
#include "value.h"

namespace tagwire {

/// A point's small number within one run of the program; 0 is no point. Given by the PointTable, never reused.
enum class PointId : quint32 { None = 0 };

inline size_t qHash(PointId id, size_t seed = 0) { return ::qHash(static_cast<quint32>(id), seed); }

/// One value of one point at one moment.
struct Sample {
  PointId point = PointId::None;
  Quality quality;
  Time time;  ///< source time: when the device had this value, or when the reply arrived if it does not say
  Value value;

  friend bool operator==(const Sample &, const Sample &) = default;
};

/// Samples travel in batches; a QList is shared, so passing one on copies nothing.
using Samples = QList<Sample>;

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::Sample)
