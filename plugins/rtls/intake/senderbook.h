// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QString>

#include <chrono>

namespace tagwire::rtls {

/// Says what is news of senders whose lines are refused: the first refusal, and the first line that is taken after a
/// minute without one. Knows at most 100 senders, so that strangers can fill neither memory nor log. Plain value;
/// `now` is a clock that only goes forward.
class SenderBook {
 public:
  static constexpr qsizetype most = 100;
  static constexpr std::chrono::minutes quiet{1};

  /// True: worth a line in the log.
  bool refused(const QString &sender, std::chrono::nanoseconds now);
  bool taken(const QString &sender, std::chrono::nanoseconds now);

 private:
  QHash<QString, std::chrono::nanoseconds> m_refused;  ///< when it last was
  std::chrono::nanoseconds m_swept{0};
};

}  // namespace tagwire::rtls
