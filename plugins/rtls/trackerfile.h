// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>

#include "context.h"
#include "keptfile.h"
#include "trackermemory.h"

namespace tagwire::rtls {

/// Keeps what the Tracker remembers in `rtls-<id>.state` of the data dir. It is written at most once a second, and the
/// larger it is the seldomer. Thread-bound; owned by Rtls.
class TrackerFile : public QObject {
  Q_OBJECT
 public:
  /// `remember` tells what is to be kept.
  TrackerFile(const PluginContext &context, std::function<TrackerMemory()> remember);

  bool isOpen() const { return m_file != nullptr; }
  /// What was kept; nothing the first time. A file that is no good is put aside, so that the start goes on: the error,
  /// which is in the log already, says so.
  Result<std::optional<TrackerMemory>> open();
  /// There is something new to keep.
  void touch();
  /// Writes what is still to be written and waits for it. touch() begins anew.
  void close();

 Q_SIGNALS:
  /// It can't be written since now; it is tried again, and is in the log.
  void failed(const QString &why);

 private:
  void told(const Result<void> &result);
  Result<std::optional<TrackerMemory>> read();
  void write();

  const PluginContext &m_context;
  std::function<TrackerMemory()> m_remember;
  std::unique_ptr<KeptFile> m_file;
  QTimer m_timer;
  std::chrono::milliseconds m_pause;
  bool m_isFailing = false;
};

}  // namespace tagwire::rtls
