// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <chrono>

#include "endpoint.h"
#include "rangescan.h"

namespace tagwire::modbus {

/// The command line of `tagwire probe modbus`, read and checked. Plain value.
struct ProbeOptions {
  Endpoint endpoint;
  QList<quint8> units;
  std::chrono::milliseconds timeout{300};
  QList<AddressRange> ranges;  ///< what to scan; ascending within a table, none overlaps another
  bool values = false;
  QString csv;  ///< file to write, or empty
  bool wantsHelp = false;

  static QString usage();
  static Result<ProbeOptions> fromArguments(const QStringList &arguments);
};

/// "1-10,255": in this order, each once. Units that can't answer on a line are refused there.
Result<QList<quint8>> unitsFromText(const QString &text, bool isLine);

/// "holding:0-199,input:5": sorted by table and address; those that touch or overlap are made one.
Result<QList<AddressRange>> rangesFromText(const QString &text);

/// "1-10, 255"
QString toText(const QList<quint8> &units);

}  // namespace tagwire::modbus
