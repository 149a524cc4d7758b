// SPDX-License-Identifier: Apache-2.0
#include "framejoiner.h"

#include <algorithm>

namespace tagwire::ws {

QByteArray FrameJoiner::join(const QList<QByteArray> &frames) {
  if (frames.size() == 1) return frames.first();
  if (isLast(frames)) return m_joined;
  qsizetype size = 0;
  for (const QByteArray &frame : frames) size += frame.size();
  m_frames = frames;
  m_joined = {};
  m_joined.reserve(size);
  for (const QByteArray &frame : frames) m_joined += frame;
  return m_joined;
}

bool FrameJoiner::isLast(const QList<QByteArray> &frames) const {
  return std::equal(frames.begin(), frames.end(), m_frames.begin(), m_frames.end(),
                    [](const QByteArray &one, const QByteArray &other) {
                      return one.constData() == other.constData() && one.size() == other.size();
                    });
}

void FrameJoiner::clear() {
  m_frames.clear();
  m_joined.clear();
}

}  // namespace tagwire::ws
