// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>

#include "runningprogram.h"

namespace isolation_tests {

/// The real program with the plugins faulty and witness, and `wave`, an innocent neighbour in the host.
class IsolatedRun {
 public:
  IsolatedRun() { qputenv("TAGWIRE_PLUGIN_PATH", TEST_PLUGINS); }

  /// `entries` are further ones.
  bool start(const QByteArray &entries, const QByteArray &witness = "{}") {
    return m_program.start(R"({ "data_dir": "var", "plugins": [
      { "id": "witness", "type": "witness", "config": )" +
                           witness + R"( },
      { "id": "wave", "type": "example", "config": { "interval_ms": 10 } })" +
                           (entries.isEmpty() ? QByteArray() : ",\n" + entries) + "]}");
  }
  RunningProgram &program() { return m_program; }

  /// What the witness has written so far.
  const QStringList &lines() {
    QFile file(m_program.file("var/witness.txt"));
    if (file.open(QIODevice::ReadOnly)) {
      file.seek(m_read);
      while (file.canReadLine() || file.bytesAvailable() > 0) {
        const QByteArray line = file.readLine();
        if (!line.endsWith('\n')) break;
        m_read += line.size();
        m_lines << QString::fromUtf8(line).chopped(1);
      }
    }
    return m_lines;
  }
  qsizetype count(const QString &text) {
    lines();
    return std::count_if(m_lines.cbegin(), m_lines.cend(), [&](const QString &line) { return line.contains(text); });
  }
  bool waitFor(const QString &text, qsizetype times = 1) {
    QDeadlineTimer deadline(60'000);
    while (count(text) < times && !deadline.hasExpired() && m_program.process().state() == QProcess::Running) {
      QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
    }
    return count(text) >= times;
  }
  /// The neighbour's values go on from here.
  bool neighbourGoesOn() {
    const QString value = QStringLiteral("wave/sine good");
    return waitFor(value, count(value) + 5);
  }
  /// The processes it has started.
  QList<qint64> children() const {
    const qint64 pid = m_program.processId();
    QFile file(QStringLiteral("/proc/%1/task/%1/children").arg(pid));
    QList<qint64> all;
    if (!file.open(QIODevice::ReadOnly)) return all;
    for (const QByteArray &each : file.readAll().split(' ')) {
      if (each.toLongLong() > 0) all << each.toLongLong();
    }
    return all;
  }

 private:
  RunningProgram m_program;
  QStringList m_lines;
  qint64 m_read = 0;
};

/// Gone, or dead and only not waited for by whoever has to.
inline bool hasEnded(qint64 pid) {
  QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) return true;
  const QByteArray stat = file.readAll();
  return stat.mid(stat.lastIndexOf(')') + 2, 1) == "Z";
}

struct FaultCase {
  const char *fault;
  const char *says;  ///< in its status
  bool comesUp = true;
};

/// Every way to go down, each in a process of its own.
inline const QList<FaultCase> &faultCases() {
  static const QList<FaultCase> all{{"segfault_in_create", "crashed: Segmentation fault (SIGSEGV)", false},
                                    {"segfault_in_start", "crashed: Segmentation fault (SIGSEGV)", false},
                                    {"segfault_in_write", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"segfault_in_notify", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"segfault_in_execute", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"segfault_in_timer", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"segfault_in_thread", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"abort", "crashed: Aborted (SIGABRT)"},
                                    {"exit", "ended by itself with exit code 0"},
                                    {"exit_at_once", "ended by itself with exit code 3"},
                                    {"terminate", "crashed: Aborted (SIGABRT)"},
                                    {"throw_in_thread", "crashed: Aborted (SIGABRT)"},
                                    {"throw_noexcept", "crashed: Aborted (SIGABRT)"},
                                    {"stack_overflow", "crashed: Segmentation fault (SIGSEGV)"},
                                    {"leak", "went over its memory limit of 100 MB"},
                                    {"blocked", "did not answer for 0.5 s: its loop is blocked"},
                                    {"busy", "did not answer for 0.5 s: its loop is blocked"},
                                    {"kill", "crashed: Killed (SIGKILL)"},
                                    {"divide", "crashed: Floating point exception (SIGFPE)"},
                                    {"rubbish", "sent rubbish: a frame of 1952999795 bytes"},
                                    {"half_frame", "did not answer for 0.5 s: its loop is blocked"},
                                    {"huge_frame", "sent rubbish: a frame of 2147483647 bytes (allowed: 4194304)"},
                                    {"no_cbor", "sent rubbish: no CBOR"},
                                    {"close_all", "closed its connection"},
                                    {"fork", "ended by itself with exit code 0"}};
  return all;
}

/// All of them as entries, the id is the fault's name.
inline QByteArray faultEntries() {
  QByteArrayList entries;
  for (const FaultCase &each : faultCases()) {
    const QByteArray name = each.fault;
    const bool hangs = name == "blocked" || name == "busy" || name == "half_frame";
    entries << R"({ "id": ")" + name + R"(", "type": "faulty", "isolation": "process", "config": { "fault": ")" + name +
                   R"(" }, "limits": { "memory_mb": 100, "hang_timeout_ms": )" + (hangs ? "500" : "60000") + " } }";
  }
  return entries.join(",\n");
}

}  // namespace isolation_tests
