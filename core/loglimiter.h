// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>

#include <chrono>

#include "export.h"

namespace tagwire {

/// Which of many messages that are alike are shown: of each cause 100 at once and then one a second; the others are
/// counted, and told as "suppressed N". Alike is what differs in words with digits or in quotes only, so that ten
/// thousand addresses or names make one cause. Plain class, one thread; times are of a clock that only goes forward.
class TAGWIRE_EXPORT LogLimiter {
 public:
  using Moment = std::chrono::nanoseconds;

  static constexpr int burst = 100;
  static constexpr std::chrono::seconds refill{1};
  static constexpr std::chrono::seconds tellEvery{60};  ///< while it goes on
  static constexpr std::chrono::seconds calmAfter{5};   ///< without another one: it is told
  static constexpr int mostCauses = 500;  ///< of its own each; what has no room is one cause, whatever it says

  /// What was not shown of one cause.
  struct Suppressed {
    QtMsgType type;
    QByteArray category;
    QString like;  ///< the newest of them, at most 200 characters
    quint64 count;
  };

  /// Whether this one is shown.
  bool admit(QtMsgType type, const QByteArray &category, const QString &text, Moment now);
  /// What is to be told now; with `all`, everything that was not yet.
  QList<Suppressed> due(Moment now, bool all = false);
  bool hasSuppressed() const { return m_suppressedCauses > 0; }

 private:
  struct Cause {
    double tokens = burst;
    Moment last{0};  ///< message
    Moment told{0};  ///< or when the first one was suppressed
    Suppressed suppressed{QtInfoMsg, {}, {}, 0};
  };

  Cause &causeOf(const QByteArray &key, Moment now);

  QHash<QByteArray, Cause> m_causes;
  int m_suppressedCauses = 0;
};

}  // namespace tagwire
