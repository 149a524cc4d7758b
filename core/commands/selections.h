// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "commandcontrol.h"

namespace tagwire {

/// Which points are selected, by whom and until when (select before operate; IEC 61850-7-2, "SBO"). One at a time per
/// point. Plain value; owned by the CommandRouter.
class Selections {
 public:
  static constexpr std::chrono::seconds life{30};
  static constexpr qsizetype most = 1000;

  /// The same operator selecting once more gets more time, under the same id.
  Result<Selection> select(const Point &point, const QString &by, Time now, std::chrono::nanoseconds elapsed);
  Result<void> deselect(const QString &id, const QString &by, std::chrono::nanoseconds elapsed);
  /// Uses a selection up. Error: there is none, it is over, or it is another point's or operator's.
  Result<void> take(const QString &id, const Point &point, const QString &by, std::chrono::nanoseconds elapsed);
  /// Whether take() would do.
  Result<void> check(const QString &id, const Point &point, const QString &by, std::chrono::nanoseconds elapsed) const;

 private:
  struct Held {
    QString id;
    QString by;
    std::chrono::nanoseconds until;
  };
  void forgetOld(std::chrono::nanoseconds elapsed);

  QHash<PointId, Held> m_held;
};

}  // namespace tagwire
