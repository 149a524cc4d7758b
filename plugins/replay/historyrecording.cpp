// SPDX-License-Identifier: Apache-2.0
#include "historyrecording.h"

#include <algorithm>

#include "plugin.h"

namespace tagwire::replay {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds shortest = 1ms;
constexpr std::chrono::nanoseconds longest = 24h * 365;
constexpr size_t fewValues = HistoryReader::mostValues / 4;

}  // namespace

HistoryRecording::HistoryRecording(PluginContext &context, const QString &instance, const PlayedPoints &points,
                                   Time from, Time to)
    : m_context(context), m_instance(instance), m_points(points), m_begin(from), m_end(to), m_from(from) {
  QStringList names = points.keys();
  names.sort();
  for (qsizetype i = 0; i < names.size(); i += HistoryReader::mostPoints) {
    m_groups << names.mid(i, HistoryReader::mostPoints);
  }
}

void HistoryRecording::next(Take take) {
  m_take = std::move(take);
  m_samples.clear();
  m_group = 0;
  m_after.clear();
  if (m_from < m_end) return ask();
  const quint64 question = ++m_question;
  const auto end = [this, question] {
    if (question == m_question) std::exchange(m_take, nullptr)(std::vector<Sample>());
  };
  QMetaObject::invokeMethod(&m_queue, end, Qt::QueuedConnection);
}

void HistoryRecording::cancel() {
  ++m_question;
  m_take = nullptr;
}

void HistoryRecording::rewind() { m_from = m_begin; }

void HistoryRecording::ask() {
  m_to = m_end - m_from > m_stretch ? m_from + m_stretch : m_end;
  HistoryQuery query;
  query.points = m_groups[m_group];
  query.from = m_from;
  query.to = m_to;
  query.limit = HistoryReader::mostValues;
  query.after = m_after;
  const quint64 question = ++m_question;
  const std::weak_ptr<bool> alive = m_alive;
  m_context.requestFrom(
      m_instance, &HistoryReader::values,
      [this, question, alive](const Result<HistoryPage> &page) {
        if (!alive.expired() && question == m_question) answered(page);
      },
      query);
}

void HistoryRecording::answered(const Result<HistoryPage> &page) {
  if (!page) return std::exchange(m_take, nullptr)(failure(page.error()));
  const bool isShortest = m_to - m_from <= shortest;
  if (!page->next.isEmpty() && !isShortest) {
    m_stretch = std::max(shortest, (m_to - m_from) / 2);
    m_samples.clear();
    m_group = 0;
    return ask();
  }
  takePage(*page);
  m_after = m_samples.size() < mostAtOnce ? page->next : QString();
  if (m_after.isEmpty()) ++m_group;
  if (m_group < m_groups.size()) return ask();
  finish();
}

void HistoryRecording::takePage(const HistoryPage &page) {
  for (const HistorySeries &series : page.series) {
    const PlayedPoint point = m_points.value(series.point.name);
    for (const HistoryValue &stored : series.values) {
      const bool isNone = typeOf(stored.value) == ValueType::None;
      const auto value = isNone ? Result<Value>(stored.value) : convertTo(stored.value, point.type);
      if (!value) {
        ++m_leftOut.ofWrongType;
      } else if (m_samples.size() >= mostAtOnce) {
        ++m_leftOut.tooMany;
      } else {
        m_samples.push_back({point.id, stored.quality, stored.time, *value});
      }
    }
  }
}

void HistoryRecording::finish() {
  if (m_samples.size() < fewValues) m_stretch = std::min(longest, m_stretch * 2);
  m_from = m_to;
  // A stretch without a value is not the end.
  if (m_samples.empty() && m_from < m_end) {
    m_group = 0;
    return ask();
  }
  std::stable_sort(m_samples.begin(), m_samples.end(),
                   [](const Sample &a, const Sample &b) { return a.time < b.time; });
  std::exchange(m_take, nullptr)(std::move(m_samples));
}

}  // namespace tagwire::replay
