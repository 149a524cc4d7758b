// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "conversion.h"

namespace tagwire::convert {

/// A point as another program has it. Plain value.
struct ForeignPoint {
  QString name;
  QString table;       ///< coil, discrete, input, holding
  qint64 address = 0;  ///< from 0
  QString type;        ///< ours; empty for coils and discrete inputs
  int registers = 1;
  bool isByteOrderLittle = false;
  bool isWordOrderLittle = false;
  double scale = 1;
  double offset = 0;
  double deadband = 0;
  std::optional<int> bit = {};
  qint64 unit = 1;
  QString description = {};
  QString where = {};  ///< "file:12"
  QString place = {};  ///< "inputs.modbus[0].coils[3]"
};

/// Collects the points of one instance and gives each a name of its own.
class ModbusPointList {
 public:
  explicit ModbusPointList(Conversion &told) : m_told(told) {}

  /// One that can't be is left out, and that is told.
  void add(const ForeignPoint &point);
  bool isEmpty() const { return m_points.isEmpty(); }
  /// The unit id of the first one, and all of them with theirs where it is another.
  qint64 firstUnit() const { return m_points.isEmpty() ? 1 : m_points.first().unit; }
  QList<Members> rows() const;
  /// The name that the point was given; empty when it was left out.
  const QString &lastName() const { return m_lastName; }

 private:
  Conversion &m_told;
  QList<ForeignPoint> m_points;
  QSet<QString> m_names;
  QString m_lastName;
};

}  // namespace tagwire::convert
