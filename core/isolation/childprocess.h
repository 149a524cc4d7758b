// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QSocketNotifier>
#include <QTimer>

#include <deque>
#include <functional>
#include <memory>

#include "frame.h"

namespace tagwire {

/// The process of one isolated instance and the socket to it: a session of its own (so that what it forks ends with
/// it), a limit of memory, only the environment that a program needs, and no descriptor but the socket (number 3) and
/// its standard ones. Nothing here blocks, and nothing grows: what is to be written is bounded by whoever writes, what
/// comes is read a piece a turn. Thread-bound to the host thread; owned by its IsolatedPlugin.
class TAGWIRE_EXPORT ChildProcess : public QObject {
  Q_OBJECT
 public:
  struct Launch {
    QString program;
    QStringList arguments;
    QString folder;         ///< working directory
    int memoryLimitMb = 0;  ///< 0: none
  };

  ChildProcess();
  /// Kills what still runs.
  ~ChildProcess() override;

  Result<void> start(const Launch &launch);
  void send(const QByteArray &frame);
  /// Bytes that the child did not take yet.
  qsizetype queuedBytes() const { return m_queued; }
  /// Reads nothing for now: the child waits.
  void setPaused(bool paused);

  /// Emits frame() for what comes, for at most this long or until `isDone` holds. For the time before the event loop.
  void serve(std::chrono::milliseconds longest, const std::function<bool()> &isDone);
  /// Emits frame() for all that is there already.
  void readAll();

  /// What it was told is all; it has so long to end by itself.
  void finish(std::chrono::milliseconds within);
  /// Returns when it has ended; it is killed after this time.
  void waitForEnd(std::chrono::milliseconds longest);
  void kill();
  bool isAlive() const { return m_process.state() != QProcess::NotRunning; }
  qint64 processId() const { return m_process.processId(); }

 Q_SIGNALS:
  void frame(const QByteArray &payload);
  /// Something it wrote to its standard error.
  void said(const QString &line);
  /// It is of no use any more; `why` is for people. Once, and never after kill() or finish().
  void ended(const QString &why);
  /// It is gone, whatever the reason; `how` is empty when it ended by itself and well.
  void gone(const QString &how);

 private:
  bool readSome();
  void write();
  void endWriting();
  void readErrors();
  void deadlinePassed();
  void processFinished(int code, QProcess::ExitStatus status);
  void closed();
  void tellEnd(const QString &why);
  void killGroup();

  QProcess m_process;
  int m_socket = -1;
  std::unique_ptr<QSocketNotifier> m_readable;
  std::unique_ptr<QSocketNotifier> m_writable;
  isolation::FrameReader m_frames{isolation::largestFromPlugin};
  std::deque<QByteArray> m_out;
  qsizetype m_written = 0;  ///< of the first in m_out
  qsizetype m_queued = 0;
  QByteArray m_errors;  ///< a line that is not whole
  QTimer m_deadline;
  qint64 m_group = 0;
  int m_memoryLimitMb = 0;
  bool m_isPaused = false;
  bool m_isClosed = false;     ///< by the child
  bool m_isFinishing = false;  ///< its end is no news
  bool m_isOver = false;       ///< nothing is read or written any more
};

/// What a plugin host says when it can't get memory.
constexpr int exitOutOfMemory = 71;

}  // namespace tagwire
