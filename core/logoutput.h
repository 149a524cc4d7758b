// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>

#include <utility>

#include "export.h"

namespace tagwire {

/// One line of the log with its fields. Plain value.
struct LogLine {
  int priority = 6;  ///< syslog(3)
  QByteArray level;  ///< "warning"
  QByteArray origin;
  QByteArray text;                                  ///< one line, UTF-8
  QList<std::pair<QByteArray, QByteArray>> fields;  ///< for the journal, beside these
};

/// Where log lines go. Never waits for whoever reads them. Thread-bound: the caller holds a lock.
class TAGWIRE_EXPORT LogOutput {
 public:
  enum class Outcome { Written, Full, Failed };
  static constexpr qsizetype longestLine = 4096;  ///< bytes, as much as a pipe takes at once or not at all

  virtual ~LogOutput();
  /// Full: there is no room now, but may be later.
  virtual Outcome write(const LogLine &line) = 0;
};

/// "<UTC time> <level> <origin>: <text>" to a file, a terminal, a pipe or a socket.
class TAGWIRE_EXPORT StreamOutput : public LogOutput {
 public:
  /// `descriptor` stays the caller's.
  explicit StreamOutput(int descriptor);
  ~StreamOutput() override;
  Outcome write(const LogLine &line) override;

 private:
  bool hasRoom() const;

  int m_descriptor;
  int m_own = -1;  ///< of the same pipe or terminal, that never blocks whatever others do with theirs
  bool m_isSocket = false;
  bool m_isInLine = false;  ///< the last line was written in part
};

/// The journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): sd_journal_send() would wait for a journal that
/// does not read.
class TAGWIRE_EXPORT JournalOutput : public LogOutput {
 public:
  explicit JournalOutput(const char *path = "/run/systemd/journal/socket");
  ~JournalOutput() override;
  Outcome write(const LogLine &line) override;

 private:
  bool connectNow();

  QByteArray m_path;
  int m_socket = -1;
};

}  // namespace tagwire
