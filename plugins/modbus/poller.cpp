// SPDX-License-Identifier: Apache-2.0
#include "poller.h"

namespace tagwire::modbus {
namespace {

constexpr int silentAfter = 2;

}  // namespace

Poller::Poller(const QList<Block> &blocks) {
  m_entries.reserve(static_cast<size_t>(blocks.size()));
  for (const Block &block : blocks) {
    m_entries.push_back({SplitBlock(block)});
    m_units[block.unit];
  }
}

void Poller::begin(Moment now) {
  m_current = nullptr;
  for (Entry &entry : m_entries) {
    entry.block.abandon();
    entry.due = now;
  }
  for (auto &[id, unit] : m_units) unit = Unit();
}

void Poller::resume(Moment now) {
  for (Entry &entry : m_entries) {
    const Moment period = entry.block.whole().period;
    if (entry.due < now) entry.due += (now - entry.due) / period * period;
  }
}

Poller::Moment Poller::dueOf(const Entry &entry) const {
  return std::max(entry.due, m_units.at(entry.block.whole().unit).restsUntil);
}

Poller::Entry *Poller::earliest(Moment now) {
  Entry *first = nullptr;
  for (Entry &entry : m_entries) {
    if (dueOf(entry) <= now && (!first || entry.due < first->due)) first = &entry;
  }
  return first;
}

const Block *Poller::next(Moment now) {
  while (!m_current || !m_current->block.current()) {
    m_current = earliest(now);
    if (!m_current) return nullptr;
    m_current->block.begin(now);
    closeIfOver(now);  // at once, when the device refuses all of the block
  }
  return m_current->block.current();
}

Poller::Moment Poller::due() const {
  if (m_current) return Moment::zero();
  Moment first = Moment::max();
  for (const Entry &entry : m_entries) first = std::min(first, dueOf(entry));
  return first;
}

void Poller::answered(Moment now) {
  unitAnswered();
  m_current->block.advance();
  closeIfOver(now);
}

QList<int> Poller::refused(Moment now) {
  unitAnswered();
  const QList<int> points = m_current->block.refuse(now);
  closeIfOver(now);
  return points;
}

QList<int> Poller::failed(Moment now) {
  const QList<int> points = pointsOfCurrent();
  unitAnswered();
  m_current->block.advance();
  closeIfOver(now);
  return points;
}

QList<int> Poller::lost(Moment now) {
  const QList<int> points = pointsOfCurrent();
  m_current->block.abandon();
  closeIfOver(now);
  return points;
}

QList<int> Poller::timedOut(Moment now) {
  const quint8 id = m_current->block.whole().unit;
  Unit &unit = m_units.at(id);
  const bool isSilent = ++unit.unanswered >= silentAfter;
  if (isSilent) unit.restsUntil = now + unit.rest.next();
  const QList<int> points = isSilent ? pointsOfUnit(id) : pointsOfCurrent();
  m_current->block.abandon();
  closeIfOver(now);
  return points;
}

void Poller::unitAnswered() {
  Unit &unit = m_units.at(m_current->block.whole().unit);
  if (unit.unanswered == 0) return;
  unit = Unit();
}

void Poller::closeIfOver(Moment now) {
  if (m_current->block.current()) return;
  const Moment period = m_current->block.whole().period;
  const auto cycles = std::max<Moment::rep>((now - m_current->due) / period, 0) + 1;
  m_current->due += cycles * period;
  m_skipped += static_cast<quint64>(cycles - 1);
  ++m_scans;
  m_current = nullptr;
}

QList<int> Poller::pointsOfCurrent() const {
  QList<int> points;
  for (const Block::Part &part : m_current->block.current()->parts) points.append(part.point);
  return points;
}

QList<int> Poller::pointsOfUnit(quint8 unit) const {
  QList<int> points;
  for (const Entry &entry : m_entries) {
    if (entry.block.whole().unit != unit) continue;
    for (const Block::Part &part : entry.block.whole().parts) points.append(part.point);
  }
  return points;
}

}  // namespace tagwire::modbus
