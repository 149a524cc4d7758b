// SPDX-License-Identifier: Apache-2.0
#include "splitblock.h"

namespace tagwire::modbus {

using namespace std::chrono_literals;

SplitBlock::SplitBlock(Block whole)
    : m_whole(std::move(whole)), m_pieces({Piece{m_whole}}), m_current(m_pieces.size()), m_retry(1s, 60s, 0) {}

void SplitBlock::begin(std::chrono::nanoseconds now) {
  if (m_isSplit && now >= m_retryAt) {
    m_pieces = {Piece{m_whole}};
    m_isSplit = false;
  }
  m_current = 0;
  skipRefused();
}

const Block *SplitBlock::current() const { return m_current < m_pieces.size() ? &m_pieces[m_current].block : nullptr; }

void SplitBlock::advance() {
  if (!m_isSplit) m_retry.reset();
  ++m_current;
  skipRefused();
}

QList<int> SplitBlock::refuse(std::chrono::nanoseconds now) {
  if (!m_isSplit) m_retryAt = now + m_retry.next();
  m_isSplit = true;
  Piece &piece = m_pieces[m_current];
  if (auto parts = halves(piece.block)) {
    m_pieces[m_current] = Piece{parts->first};
    m_pieces.insert(m_current + 1, Piece{parts->second});
    return {};
  }
  piece.refused = true;
  QList<int> points;
  for (const Block::Part &part : piece.block.parts) points.append(part.point);
  skipRefused();
  return points;
}

void SplitBlock::abandon() { m_current = m_pieces.size(); }

void SplitBlock::skipRefused() {
  while (m_current < m_pieces.size() && m_pieces[m_current].refused) ++m_current;
}

}  // namespace tagwire::modbus
