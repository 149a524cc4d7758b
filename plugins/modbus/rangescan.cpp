// SPDX-License-Identifier: Apache-2.0
#include "rangescan.h"

#include <utility>

#include "pdu.h"

namespace tagwire::modbus {
namespace {

constexpr int mostSilences = 4;

}  // namespace

QString toText(const AddressRange &range) {
  const QString first = QStringLiteral("%1 %2").arg(wordOf(range.table)).arg(range.first);
  return range.size() == 1 ? first : first + QStringLiteral("-%1").arg(range.last);
}

RangeScan::RangeScan(const AddressRange &range) : m_range(range) {
  const int step = holdsBits(range.table) ? maxReadBits : maxReadRegisters;
  for (int first = range.first; first <= range.last; first += step) {
    m_work.insert(m_work.begin(), {range.table, first, std::min(first + step - 1, range.last)});
  }
}

std::optional<AddressRange> RangeScan::block() const {
  return m_work.empty() ? std::nullopt : std::optional(m_work.back());
}

void RangeScan::answered(const QByteArray &bytes) {
  const AddressRange block = m_work.back();
  m_silences = 0;
  m_work.pop_back();
  if (m_growing.values.isEmpty()) m_growing.range = block;
  m_growing.range.last = block.last;
  for (int i = 0; i < block.size(); ++i) {
    const auto byte = [&](int at) { return static_cast<quint8>(bytes[at]); };
    const int value = holdsBits(block.table) ? (bitAt(bytes, i) ? 1 : 0) : byte(2 * i) << 8 | byte(2 * i + 1);
    m_growing.values.append(static_cast<quint16>(value));
  }
  if (m_work.empty()) close();
}

void RangeScan::refused() {
  m_silences = 0;
  cut();
}

void RangeScan::unanswered() {
  if (++m_silences >= mostSilences) return giveUp();
  cut();
}

void RangeScan::giveUp() {
  m_givenUpAt = m_work.back().first;
  m_work.clear();
  close();
}

void RangeScan::cut() {
  const AddressRange block = m_work.back();
  m_work.pop_back();
  if (block.size() == 1) return close();
  const int middle = block.first + block.size() / 2;
  m_work.push_back({block.table, middle, block.last});
  m_work.push_back({block.table, block.first, middle - 1});
}

void RangeScan::close() {
  if (!m_growing.values.isEmpty()) m_found.append(std::exchange(m_growing, {}));
}

QList<FoundRange> RangeScan::takeFound() { return std::exchange(m_found, {}); }

}  // namespace tagwire::modbus
