// SPDX-License-Identifier: Apache-2.0
#include "marks.h"

#include <QCborArray>
#include <QCborValue>

#include <algorithm>

namespace tagwire::cluster {

namespace {

constexpr qsizetype longestMark = 1024;

template <class Entries>
void forgetOldMarks(Entries &entries, Marks::Moment now) {
  while (!entries.empty() && (now - entries.front().at > Marks::kept || entries.size() > Marks::mostOfOne)) {
    entries.pop_front();
  }
}

}  // namespace

QByteArray encode(const Mark &mark) {
  return QCborArray{mark.epoch, mark.stream, static_cast<qint64>(mark.sequence), static_cast<qint64>(mark.position)}
      .toCborValue()
      .toCbor();
}

std::optional<Mark> decodeMark(const QByteArray &data) {
  if (data.size() > longestMark) return std::nullopt;
  const QCborArray parts = QCborValue::fromCbor(data).toArray();
  const bool isMark = parts.size() == 4 && parts[0].isString() && parts[1].isString() && parts[2].isInteger() &&
                      parts[3].isInteger() && parts[2].toInteger() >= 0 && parts[3].toInteger() >= 0;
  if (!isMark) return std::nullopt;
  return Mark{parts[0].toString(), parts[1].toString(), static_cast<quint64>(parts[2].toInteger()),
              static_cast<quint64>(parts[3].toInteger())};
}

void Marks::passed(quint64 position) {
  if (position < m_position) clear();
  m_position = position;
}

std::optional<quint64> Marks::position() const {
  if (m_isQueued) return std::nullopt;
  return m_position;
}

void Marks::add(Moment now, quint64 sequence, quint64 given) {
  m_own.push_back({now, sequence, m_position, given, std::nullopt});
  forgetOldMarks(m_own, now);
  for (auto other = m_others.begin(); other != m_others.end();) {
    forgetOldMarks(other->second, now);
    other = other->second.empty() ? m_others.erase(other) : std::next(other);
  }
}

void Marks::confirmed(quint64 given, quint64 position) {
  for (Own &mark : m_own) {
    if (!mark.confirmedBy && mark.given <= given) mark.confirmedBy = position;
  }
}

void Marks::heard(const Mark &mark, Moment now) {
  if (m_others.size() >= mostEpochs && !m_others.contains(mark.epoch)) return;
  auto &others = m_others[mark.epoch];
  // Messages of one run come in their order; one that does not is of no run of ours.
  if (!others.empty() && mark.sequence < others.back().sequence) others.clear();
  others.push_back({now, mark.sequence, mark.position});
  forgetOldMarks(others, now);
}

void Marks::clear() {
  m_position = 0;
  m_isQueued = false;
  m_own.clear();
  m_others.clear();
}

std::optional<quint64> Marks::find(const QString &epoch, quint64 after) const {
  const auto run = m_others.find(epoch);
  if (run == m_others.end()) return std::nullopt;
  const auto &others = run->second;
  const auto other =
      std::find_if(others.rbegin(), others.rend(), [&](const Other &each) { return each.sequence <= after; });
  if (other == others.rend()) return std::nullopt;
  const auto own = std::find_if(m_own.rbegin(), m_own.rend(), [&](const Own &each) {
    return each.at + before <= other->at && each.position <= other->position && each.confirmedBy &&
           *each.confirmedBy <= other->position;
  });
  if (own == m_own.rend()) return std::nullopt;
  return own->sequence;
}

}  // namespace tagwire::cluster
