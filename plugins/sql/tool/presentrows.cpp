// SPDX-License-Identifier: Apache-2.0
#include "tool/presentrows.h"

#include <QHash>
#include <QSet>

#include <algorithm>
#include <cmath>

#include "services/historycsv.h"

namespace tagwire::sql {

namespace {

using namespace std::chrono_literals;

/// Values of a point that are further apart than this are looked up one by one, not as one range.
constexpr std::chrono::nanoseconds farApart = 1h;

/// The same for values that a store gives back as one: numbers are the same whatever their type, positions by their
/// coordinates.
QString keyOf(const Value &value) {
  constexpr double largestWhole = 9e18;
  const auto *number = std::get_if<double>(&value);
  if (number && std::abs(*number) < largestWhole && *number == std::trunc(*number)) {
    return QString::number(static_cast<qint64>(*number));
  }
  if (const auto *boolean = std::get_if<bool>(&value)) return QString::number(*boolean ? 1 : 0);
  if (const auto *text = std::get_if<QString>(&value)) return u't' + *text;
  if (const auto *position = std::get_if<Position>(&value)) {
    return QLatin1String("p ") + toCell(Value(position->x)) + u' ' + toCell(Value(position->y)) + u' ' +
           toCell(Value(position->z));
  }
  return toCell(value);  // empty: no value
}

}  // namespace

PresentRows::PresentRows(StoreReader *reader, const std::vector<StoredPointPointer> &points,
                         std::shared_ptr<const std::atomic_bool> mustStop)
    : m_reader(reader), m_points(points), m_mustStop(std::move(mustStop)) {}

Result<qint64> PresentRows::leaveOut(std::vector<StoredSample> &slice, Deadline deadline) {
  std::stable_sort(slice.begin(), slice.end(), [](const StoredSample &a, const StoredSample &b) {
    return std::pair(a.point, a.time) < std::pair(b.point, b.time);
  });
  std::vector<bool> isPresent(slice.size());
  leaveOutRepeated(slice, isPresent);
  if (m_reader) {
    const auto begun = m_reader->begin(deadline, m_mustStop);
    if (!begun) return failure(begun.error());
    const auto done = find(slice, isPresent);
    m_reader->end();
    if (!done) return failure(done.error());
  }
  size_t kept = 0;
  for (size_t i = 0; i < slice.size(); ++i) {
    if (isPresent[i]) continue;
    if (kept != i) slice[kept] = std::move(slice[i]);
    ++kept;
  }
  const auto out = static_cast<qint64>(slice.size() - kept);
  slice.resize(kept);
  return out;
}

Result<void> PresentRows::find(const Slice &slice, std::vector<bool> &isPresent) {
  struct Part {
    qint64 row;
    size_t first;
    size_t end;
  };
  std::vector<Part> parts;
  QList<qint64> rows;
  for (size_t first = 0; first < slice.size();) {
    size_t end = first + 1;
    while (end < slice.size() && slice[end].point == slice[first].point) ++end;
    const auto row = m_reader->point(m_points[slice[first].point]->name);
    if (!row) return tl::unexpected(row.error());
    if (*row) {
      parts.push_back({(*row)->id, first, end});
      rows << (*row)->id;
    }
    first = end;
  }
  auto done = rows.isEmpty() ? Result<void>() : m_reader->loadNewest(rows);
  for (auto part = parts.cbegin(); done && part != parts.cend(); ++part) {
    done = findOf(part->row, slice, part->first, part->end, isPresent);
  }
  return done;
}

/// Of one point, by time: those of one range after the other are compared with what the store has there.
Result<void> PresentRows::findOf(qint64 row, const Slice &slice, size_t first, size_t end,
                                 std::vector<bool> &isPresent) {
  while (first < end) {
    size_t last = first;
    while (last + 1 < end && slice[last + 1].time - slice[last].time <= farApart) ++last;
    size_t at = first;
    std::optional<Time> groupTime;
    QHash<QString, size_t> group;  // ours of that time
    const Time to = slice[last].time + std::chrono::nanoseconds(1);
    const auto read = m_reader->values(row, slice[first].time, to, false, [&](const HistoryValue &value) {
      while (at <= last && slice[at].time < value.time) ++at;
      if (at > last || isStopped()) return false;
      if (slice[at].time != value.time) return true;
      if (!groupTime || *groupTime != value.time) {
        group.clear();
        groupTime = value.time;
        // Those that stand twice were left out before.
        for (size_t i = at; i <= last && slice[i].time == *groupTime; ++i) {
          if (!isPresent[i]) group.insert(keyOf(slice[i].value), i);
        }
      }
      const auto found = group.constFind(keyOf(value.value));
      if (found != group.cend()) isPresent[*found] = true;
      return true;
    });
    if (!read) return read;
    first = last + 1;
  }
  return {};
}

void PresentRows::leaveOutRepeated(const Slice &slice, std::vector<bool> &isPresent) {
  QSet<QString> seen;
  for (size_t first = 0; first < slice.size();) {
    size_t end = first + 1;
    while (end < slice.size() && slice[end].point == slice[first].point && slice[end].time == slice[first].time) {
      ++end;
    }
    seen.clear();
    for (size_t i = first; end - first > 1 && i < end; ++i) {
      const QString key = keyOf(slice[i].value);
      isPresent[i] = seen.contains(key);
      seen.insert(key);
    }
    first = end;
  }
}

}  // namespace tagwire::sql
