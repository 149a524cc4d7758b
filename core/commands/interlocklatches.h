// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "../keptfile.h"
#include "../timestamp.h"

namespace tagwire {

/// A trip that nobody has reset yet.
struct InterlockLatch {
  Time at;
  QString cause;       ///< what was not met
  qint64 alarmId = 0;  ///< of its alarm: negative, another one for each trip of the data dir
};

/// The latched trips in the data dir, "interlocks.json". Thread-bound; owned by Interlocks.
class InterlockLatches {
 public:
  explicit InterlockLatches(const Clock &clock) : m_clock(clock) {}

  /// Reads what an earlier run left. An error: what was latched can't be known; the file is put aside.
  Result<void> open(const QString &folder, const QLoggingCategory &log);
  const std::map<int, InterlockLatch> &all() const { return m_latches; }
  /// Null when it is not latched.
  const InterlockLatch *find(int interlock) const;

  const InterlockLatch &add(int interlock, const QString &cause);
  void remove(int interlock);
  /// For an alarm that is no trip.
  qint64 nextAlarmId();
  /// Everything above is on the disk.
  bool isKept() const { return m_isKept; }
  /// Tries again what could not be written, once that is due.
  void advance();
  /// When advance() is to be called, on Clock::elapsed; none: all is kept.
  std::optional<std::chrono::nanoseconds> nextTry() const;
  void flush();

 private:
  Result<void> read();
  QByteArray content() const;
  void write();
  void ask();

  const Clock &m_clock;
  std::map<int, InterlockLatch> m_latches;
  qint64 m_lastAlarm = 0;
  quint64 m_version = 0;  ///< of the latches, so that an old answer is not taken for a new one
  bool m_isKept = true;
  std::optional<std::chrono::nanoseconds> m_retryAt;
  std::unique_ptr<KeptFile> m_file;  ///< null: not open, nothing is kept. Last, for it writes when it goes
};

}  // namespace tagwire
