// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <exception>

namespace tagwire {

/// Calls a plugin; no exception crosses the boundary. Empty, or what was thrown.
template <class Call>
QString guard(Call &&call) {
  try {
    call();
    return {};
  } catch (const std::exception &error) {
    return QStringLiteral("threw an exception: %1").arg(QString::fromLocal8Bit(error.what()));
  } catch (...) {
    return QStringLiteral("threw something that is no std::exception");
  }
}

}  // namespace tagwire
