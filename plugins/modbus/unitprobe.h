// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <array>
#include <chrono>

#include "pdu.h"
#include "rangescan.h"

namespace tagwire::modbus {

/// What the prober asks one unit, question by question, and how it puts the answers into words. Every question is a
/// read. Plain value; no I/O: the owner sends question() and reports what came of it.
class UnitProbe {
 public:
  enum class Presence : quint8 {
    Unknown,      ///< not asked yet
    Answers,      ///< an exception is an answer too
    Silent,       ///< nothing within the time-out
    Unusable,     ///< something came, or the connection was cut; see why()
    Unreachable,  ///< says the gateway
  };

  UnitProbe(quint8 unit, const QList<AddressRange> &ranges, bool tellsValues);

  quint8 unit() const { return m_unit; }
  /// The request to send next; nothing when all is known.
  std::optional<QByteArray> question() const;
  void replied(const Reply &reply, std::chrono::nanoseconds took);
  void failed(QualityReason reason, const QString &text);

  Presence presence() const { return m_presence; }
  const QString &why() const { return m_why; }
  /// For the user, each once.
  QStringList takeLines();
  /// What the register scan found, each once.
  QList<FoundRange> takeFound();

 private:
  enum class Step : quint8 { Presence, Times, Tables, Identity, Scan, Over };

  void takePresence(const Reply &reply, std::chrono::nanoseconds took);
  void take(const Reply &reply);
  void takeTable(const Reply &reply);
  void takeIdentity(const Reply &reply);
  void takeBlock(const Reply &reply);
  void tellTimes();
  void tellIdentity();
  void tellFound();
  void tellEnd();
  void beginScan();
  void say(const QString &label, const QString &text);

  quint8 m_unit;
  QList<AddressRange> m_ranges;  ///< still to scan
  bool m_tellsValues;
  Step m_step = Step::Presence;
  Presence m_presence = Presence::Unknown;
  QString m_why;
  QList<std::chrono::nanoseconds> m_times;
  size_t m_table = 0;
  std::array<bool, 4> m_isServed{};
  quint8 m_category = 1;
  quint8 m_object = 0;
  QMap<quint8, QByteArray> m_objects;
  std::optional<RangeScan> m_scan;
  int m_foundInScan = 0;
  int m_busy = 0;
  QStringList m_lines;
  QList<FoundRange> m_found;
};

}  // namespace tagwire::modbus
