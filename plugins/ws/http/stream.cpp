// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

namespace tagwire::ws {

void Stream::setEnded() {
  if (std::exchange(m_hasEnded, true)) return;
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (m_user) m_user->streamEnded();
      },
      Qt::QueuedConnection);
}

}  // namespace tagwire::ws
