// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include "access/privatefile.h"
#include "timestamp.h"

namespace tagwire {

/// When the program was started and did not come to its end by itself, in `<data_dir>/starts`: whoever finds several in
/// a short time stands in a loop of crashes. Blocks for a small file.
class Starts {
 public:
  static constexpr int mostCrashes = 5;
  static constexpr std::chrono::minutes within{10};

  Starts(const QString &dataDir, const Clock &clock) : m_file(dataDir, QStringLiteral("starts")), m_clock(clock) {}

  /// How many there were within the time.
  int count();
  /// This start is one of them from now on. Once the data dir is held.
  void begin();
  /// It ends, or has run for so long, that nothing before it counts.
  void forget();

 private:
  QByteArrayList recent();

  PrivateFile m_file;
  const Clock &m_clock;
};

}  // namespace tagwire
