// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "rest/historydesk.h"
#include "rest/router.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// Which points and tags a request is about, as far as its caller may read their history: a name that no permission
/// covers is 403, whether it is there or not; what is hidden for another reason is unknown like what was never stored.
/// Plain value.
struct HistoryNames {
  QStringList points;
  QStringList tags;
  QStringList unknown;

  /// ?point= (a full name, or a number that stands for one now) and ?tag=; of both together 1 to 100.
  static tl::expected<HistoryNames, Refusal> fromCall(const Call &call, const PointTable &points);
  qsizetype size() const { return points.size() + tags.size(); }
  bool isEmpty() const { return points.isEmpty() && tags.isEmpty(); }
};

/// ?history=: which instance is asked; empty: the first.
QString historyAt(const Target &target);
inline constexpr QueryParameter instanceParameter{"history", "string", "instance that keeps it; the first if absent"};

/// Hides what only the history can tell to be none of the caller's: points about tags that the manifest knows no
/// longer, and points of a tag whose names it may not read.
void hidePositions(HistoryDesk &desk, const QString &instance, const CallerPointer &caller, HistoryNames names,
                   std::function<void(const tl::expected<HistoryNames, Refusal> &)> taker);
/// Takes out of the answer to a question after `names` what the caller may not read after all; it is unknown then, too.
void hideFrom(HistoryPage &page, const HistoryNames &names, const Permissions &permissions);

}  // namespace tagwire::ws
