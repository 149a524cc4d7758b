// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <exception>
#include <new>

namespace tagwire {

/// Calls a plugin; no exception crosses the boundary. Empty, or what was thrown.
template <class Call>
QString guard(Call &&call) {
  try {
    call();
    return {};
  } catch (const std::bad_alloc &) {
    // Containers of Qt throw it by themselves: where a process ends when it gets no memory, it ends here too.
    if (const auto outOfMemory = std::get_new_handler()) outOfMemory();
    return QStringLiteral("threw an exception: out of memory");
  } catch (const std::exception &error) {
    return QStringLiteral("threw an exception: %1").arg(QString::fromLocal8Bit(error.what()));
  } catch (...) {
    return QStringLiteral("threw something that is no std::exception");
  }
}

}  // namespace tagwire
