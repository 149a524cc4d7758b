// SPDX-License-Identifier: Apache-2.0
#include "sqlite/valuemerge.h"

#include <algorithm>

namespace tagwire::sql {

Result<void> ValueMerge::begin(std::span<const HistoryValue> newest) {
  const auto isBefore = [](const HistoryValue &value, Time time) { return value.time < time; };
  const auto first = std::lower_bound(newest.begin(), newest.end(), m_question.from, isBefore);
  const auto end = std::lower_bound(first, newest.end(), m_question.to, isBefore);
  m_newest = {first, end};
  auto runs = m_runs.overlapping(m_question.from, m_question.to);
  if (!runs) return failure(runs.error());
  m_pending = std::move(*runs);
  std::stable_sort(m_pending.begin(), m_pending.end(), [this](const Run &a, const Run &b) {
    return m_question.newestFirst ? a.last < b.last : a.from > b.from;
  });
  return {};
}

Result<const HistoryValue *> ValueMerge::next() {
  if (m_best) {
    if (const auto advanced = advance(); !advanced) return failure(advanced.error());
  }
  choose();
  while (!m_pending.empty() && isDue(m_pending.back())) {
    const Run run = m_pending.back();
    m_pending.pop_back();
    if (const auto looked = lookInto(run); !looked) return failure(looked.error());
    choose();
  }
  return m_best;
}

bool ValueMerge::isDue(const Run &run) const {
  return !m_best || !isFirst(m_best->time, m_question.newestFirst ? run.last : run.from);
}

const HistoryValue *ValueMerge::newestValue() const {
  if (m_newest.empty()) return nullptr;
  return m_question.newestFirst ? &m_newest.back() : &m_newest.front();
}

Result<void> ValueMerge::lookInto(const Run &run) {
  const auto chunk = m_runs.chunk(run, m_question.point);
  if (!chunk) return failure(chunk.error());
  if (!*chunk || (*chunk)->from >= m_question.to || (*chunk)->last < m_question.from) return {};
  auto cursor = std::make_unique<ChunkCursor>();
  const auto opened = cursor->open(m_database, m_runs, **chunk, m_question.from, m_question.to, m_question.newestFirst,
                                   m_question.type);
  if (!opened) return opened;
  const auto hasValue = cursor->next();
  if (!hasValue) return failure(hasValue.error());
  if (!*hasValue) return {};
  const auto place =
      std::find_if(m_cursors.begin(), m_cursors.end(), [&](const auto &other) { return other->run() > run.id; });
  m_cursors.insert(place, std::move(cursor));
  return {};
}

Result<void> ValueMerge::advance() {
  if (!m_bestCursor) {
    m_newest = m_question.newestFirst ? m_newest.first(m_newest.size() - 1) : m_newest.subspan(1);
    return {};
  }
  const auto hasValue = m_cursors[*m_bestCursor]->next();
  if (!hasValue) return failure(hasValue.error());
  if (!*hasValue) m_cursors.erase(m_cursors.begin() + static_cast<std::ptrdiff_t>(*m_bestCursor));
  return {};
}

// Of the same time, the order of the runs, and the newest last; newest first the other way round.
void ValueMerge::choose() {
  m_best = nullptr;
  m_bestCursor.reset();
  const auto consider = [this](const HistoryValue &value, std::optional<size_t> cursor) {
    const bool isBetter =
        !m_best || isFirst(value.time, m_best->time) || (m_question.newestFirst && value.time == m_best->time);
    if (!isBetter) return;
    m_best = &value;
    m_bestCursor = cursor;
  };
  for (size_t i = 0; i < m_cursors.size(); ++i) consider(m_cursors[i]->value(), i);
  if (const HistoryValue *newest = newestValue()) consider(*newest, {});
}

}  // namespace tagwire::sql
