// SPDX-License-Identifier: Apache-2.0
#include "starts.h"

namespace tagwire {

/// A file that can't be read or written is no reason not to start: then crashes are not counted.
QByteArrayList Starts::recent() {
  QByteArrayList times;
  const Time now = m_clock.now();
  const auto content = m_file.read();
  const QByteArray known = content && *content ? **content : QByteArray();
  for (const QByteArray &line : known.split('\n')) {
    const auto time = fromIso(QString::fromUtf8(line));
    // A time ahead of now is of a clock that was set back.
    if (time && now - *time <= within && *time <= now) times << line;
  }
  return times.mid(std::max<qsizetype>(0, times.size() - mostCrashes));
}

int Starts::count() { return static_cast<int>(recent().size()); }

void Starts::begin() {
  const auto lock = m_file.lock();
  if (lock) (void)m_file.write((recent() << toIso(m_clock.now()).toUtf8()).join('\n') + '\n');
}

void Starts::forget() {
  if (const auto lock = m_file.lock()) (void)m_file.write({});
}

}  // namespace tagwire
