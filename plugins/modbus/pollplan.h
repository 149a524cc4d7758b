// SPDX-License-Identifier: Apache-2.0
// Which requests read which points. Pure functions; reentrant.
#pragma once

#include <QList>

#include "endpoint.h"
#include "modbuspoint.h"
#include "unitsettings.h"

namespace tagwire::modbus {

/// One read request and the points it brings.
struct Block {
  struct Part {
    int point = 0;    ///< index in the list of points
    int address = 0;  ///< of its first register or bit
    int count = 0;    ///< registers or bits
  };

  quint8 unit = 1;
  Table table = Table::Holding;
  std::chrono::milliseconds period{1000};
  int address = 0;
  int count = 0;
  QList<Part> parts;  ///< by address

  QByteArray request() const { return readPdu(table, static_cast<quint16>(address), static_cast<quint16>(count)); }
  /// The request for some of the parts only.
  Block cutOut(qsizetype first, qsizetype last) const;
};

/// What a request costs beside the values it brings, in bytes on the same wire: the frames of request and answer, the
/// silences around them and the device's time to think. Filling a gap of `n` registers pays when 2n bytes are fewer.
double requestCost(const Endpoint &endpoint);

/// Blocks by unit, table and period with the least cost in all (requests × `cost` + bytes of values; found by dynamic
/// programming over the sorted points). A gap of more than `maxGap` addresses is never read along, the limits of the
/// unit are kept, and a point is never cut: one that is larger than its unit's limit stands alone.
QList<Block> planBlocks(const QList<ModbusPoint> &points, int maxGap, double cost, const UnitBook &units = {});

}  // namespace tagwire::modbus
