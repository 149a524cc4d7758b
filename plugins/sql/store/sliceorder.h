// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

namespace tagwire::sql {

/// By point and time; what is equal stays in its order. A row has a `point` (the store's number, from 1) and a `time`.
/// Rows come in the order of time mostly, so they are only dealt out by point, and what is in order then is left alone.
template <class Row>
void sortByPointAndTime(std::vector<Row> &rows) {
  const auto isEarlier = [](const Row &a, const Row &b) { return a.time < b.time; };
  size_t last = 0;
  for (const Row &row : rows) last = std::max(last, static_cast<size_t>(row.point));
  std::vector<size_t> begins(last + 2);
  for (const Row &row : rows) ++begins[static_cast<size_t>(row.point) + 1];
  for (size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  std::vector<Row> sorted(rows.size());
  for (Row &row : rows) sorted[begins[static_cast<size_t>(row.point)]++] = std::move(row);
  rows = std::move(sorted);
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [&](const Row &row) { return row.point != begin->point; });
    if (!std::is_sorted(begin, end, isEarlier)) std::stable_sort(begin, end, isEarlier);
    begin = end;
  }
}

}  // namespace tagwire::sql
