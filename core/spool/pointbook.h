// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QHash>

#include <chrono>
#include <mutex>
#include <vector>

#include "record.h"
#include "recordcoding.h"

namespace tagwire::spool {

/// The numbers of points: the spool's file points.log, and the same again in each segment that has samples of them.
/// Thread-safe.
class PointBook {
 public:
  /// What points.log says; damaged places are stepped over.
  void load(const QString &path);
  /// What a segment says; the latest wins.
  void learn(PointKey key, const StoredPoint &point);
  /// In use, whether it is known or not.
  void reserve(PointKey key);

  /// `isNews`: made or changed just now.
  PointKey keyOf(const StoredPoint &point, bool *isNews);
  StoredPointPointer point(PointKey key) const;
  bool knows(PointKey key) const { return point(key) != nullptr; }

  /// Brings points.log up to date; `isWhole`: writes it anew.
  Result<void> save(const QString &path, bool isWhole, bool isSync);

 private:
  void set(PointKey key, StoredPointPointer point);

  mutable std::mutex m_mutex;
  QHash<QString, PointKey> m_keys;
  std::vector<StoredPointPointer> m_points;  ///< by key
  std::vector<PointKey> m_unsaved;
  bool m_mustRewrite = true;
  std::chrono::steady_clock::time_point m_tryAt{};
};

}  // namespace tagwire::spool
