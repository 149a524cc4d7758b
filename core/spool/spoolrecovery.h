// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "spoolfolder.h"

namespace tagwire::spool {

/// What was found in a spool's folder.
struct RecoveredSpool {
  std::vector<std::unique_ptr<Lane>> lanes;  ///< the oldest first
  QByteArray id;                             ///< as the segments say
  quint32 lastOrdinal = 0;
  /// Lanes with a file that is by a newer version or can't be read. All their files are left alone: what is missing
  /// between the others is no damage, and must not be taken for delivered.
  std::set<std::pair<quint64, Stream>> leftAlone;
  int newerFiles = 0;
  QStringList unreadable;  ///< and why
};

/// Goes through all files of the folder. Whatever is in them: it steps over what it does not understand. Errors: the
/// folder can't be listed.
Result<RecoveredSpool> recoverSpool(const QString &folder, PointBook &points);

}  // namespace tagwire::spool
