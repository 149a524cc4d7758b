// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "result.h"

namespace tagwire::ws {

/// The one-time code with which whoever can read the service's log makes the first user. It is held in memory only, is
/// another one after each start, and dies with the first user. Shared by the instances (PluginContext::shared);
/// thread-bound (host thread).
class SetupCode {
 public:
  /// Makes it and gives it as people read it ("K7QF-29XM-…", 80 bits); empty: it was made before, or is over. The error
  /// is that the system's generator has failed.
  Result<QString> make();
  bool isValid() const { return !m_code.isEmpty(); }
  /// Whether somebody typed it: in small letters, without hyphens, with O for 0 and I or L for 1 it is the same.
  bool fits(const QString &typed) const;
  /// From now on there is none.
  void end();

 private:
  QByteArray m_code;  ///< without hyphens
  bool m_isOver = false;
};

}  // namespace tagwire::ws
