// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <map>

namespace tagwire::spool {

/// Sequences as few, long, separate intervals. Plain class.
class SequenceSet {
 public:
  void add(quint64 first, quint64 next);
  /// Only those of the interval that `other` has not.
  void addWithout(quint64 first, quint64 next, const SequenceSet &other);
  void remove(quint64 first, quint64 next);

  /// How many of the interval are in it.
  quint64 count(quint64 first, quint64 next) const;
  bool contains(quint64 first, quint64 next) const { return count(first, next) == next - first; }
  bool isEmpty() const { return m_intervals.empty(); }
  /// The least one that is not in it, from `from` on.
  quint64 firstMissing(quint64 from) const;
  /// The least one that is in it, from `from` on; `otherwise` when there is none below that.
  quint64 firstPresent(quint64 from, quint64 otherwise) const;
  /// End of the last interval that ends at or before `at`; 0 when there is none.
  quint64 endBefore(quint64 at) const;
  /// First → next.
  const std::map<quint64, quint64> &intervals() const { return m_intervals; }

 private:
  std::map<quint64, quint64> m_intervals;
};

}  // namespace tagwire::spool
