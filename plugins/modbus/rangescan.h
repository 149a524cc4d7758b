// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>
#include <vector>

#include "registercodec.h"

namespace tagwire::modbus {

/// Addresses `first` to `last` of a table.
struct AddressRange {
  Table table = Table::Holding;
  int first = 0;
  int last = 0;

  int size() const { return last - first + 1; }
  friend bool operator==(const AddressRange &, const AddressRange &) = default;
};

/// "holding 0-99"
QString toText(const AddressRange &range);

/// Addresses in a row that can be read, and what they held.
struct FoundRange {
  AddressRange range;
  Registers values;  ///< one for each address; 0 or 1 in tables of bits
};

/// Finds the addresses within a range that a device lets be read: asks for blocks as large as one request carries, and
/// cuts a block that is refused in halves until the refused addresses stand alone. Ascending. A device that stays
/// silent where it should refuse is taken the same way, but only so many times in a row. Plain value; no I/O, the owner
/// asks for block() and reports what came of it.
class RangeScan {
 public:
  explicit RangeScan(const AddressRange &range);

  const AddressRange &range() const { return m_range; }
  /// What to read next; nothing when the scan is over.
  std::optional<AddressRange> block() const;
  /// `bytes` of the Reply to the read of block().
  void answered(const QByteArray &bytes);
  void refused();
  void unanswered();

  /// Ranges that can't grow any more, each told once.
  QList<FoundRange> takeFound();
  /// Where it was given up; nothing when the whole range was looked at.
  std::optional<int> givenUpAt() const { return m_givenUpAt; }

 private:
  void cut();
  void close();
  void giveUp();

  AddressRange m_range;
  std::vector<AddressRange> m_work;  ///< the next one last
  FoundRange m_growing;
  QList<FoundRange> m_found;
  int m_silences = 0;
  std::optional<int> m_givenUpAt;
};

}  // namespace tagwire::modbus
