// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QByteArrayList>

namespace tagwire::rtls {

/// Cuts a stream of bytes into lines. A line that is too long is left out, up to its end. Holds no more than the
/// longest line. Plain value.
class LineReader {
 public:
  static constexpr qsizetype longest = 64 * 1024;

  struct Lines {
    QByteArrayList lines;  ///< without their ends; none is blank
    int tooLong = 0;       ///< how many were left out
    int blank = 0;         ///< how many of those too
  };
  Lines add(QByteArrayView bytes);
  /// What is there of a line that has no end, and will have none.
  Lines finish();
  /// A line was begun.
  bool isHalf() const { return m_isTooLong || !m_half.isEmpty(); }

 private:
  void end(Lines &lines);

  QByteArray m_half;
  bool m_isTooLong = false;  ///< the line that is being read, of which nothing is kept
};

}  // namespace tagwire::rtls
