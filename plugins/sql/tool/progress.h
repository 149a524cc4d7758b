// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <chrono>
#include <cstdio>

namespace tagwire::sql {

/// One line on stderr about how far a long task is, once a second; on a terminal rewritten in place. Thread-bound.
class Progress {
 public:
  explicit Progress(bool isWanted);

  /// Cheap to call often: `text` is only made when a line is due.
  template <class Text>
  void tell(const Text &text) {
    if (isDue()) print(text());
  }
  /// The last line stays.
  void end(const QString &text);

 private:
  bool isDue();
  void print(const QString &text);

  bool m_isWanted;
  bool m_isTerminal;
  qsizetype m_width = 0;  ///< of the line that stands there
  std::chrono::steady_clock::time_point m_next;
};

}  // namespace tagwire::sql
