// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>

namespace tagwire::ws {

/// Makes one piece of several frames, for one write. Whoever comes with the same frames as the last one (same memory,
/// not same bytes) gets the same piece: what goes to a thousand clients is put together once. Plain value.
class FrameJoiner {
 public:
  QByteArray join(const QList<QByteArray> &frames);
  /// Lets go of the last ones.
  void clear();

 private:
  bool isLast(const QList<QByteArray> &frames) const;

  QList<QByteArray> m_frames;  ///< kept alive, so that nothing else can come to lie where they are
  QByteArray m_joined;
};

}  // namespace tagwire::ws
