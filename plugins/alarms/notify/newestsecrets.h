// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>

#include <optional>

#include "config.h"
#include "taskthread.h"

namespace tagwire::alarms {

/// The secrets of a target, read again before each message, so that a file with a new one needs no restart. Off the
/// event loop, for the file system may be one that hangs. Thread-bound; owned by a channel.
class NewestSecrets {
 public:
  /// For longer no message waits: then it goes with what was read before.
  static constexpr std::chrono::seconds patience{2};
  /// In the order in which they were given.
  using Ready = std::function<void(const QList<Secret> &)>;
  struct Watched {
    Secret secret;
    bool (*isUsable)(const Secret &) = nullptr;  ///< what is not stays unread: the last one is used; null: all are
  };

  explicit NewestSecrets(QList<Watched> watched);

  /// `ready` comes from the event loop, unless this was deleted. One at a time.
  void read(Ready ready);

 private:
  void tell();

  const QList<Watched> m_watched;
  QList<Secret> m_secrets;  ///< the last that were usable
  Ready m_ready;
  QTimer m_patience;
  std::optional<TaskThread> m_thread;  ///< with the first message, when there is a file to read
};

}  // namespace tagwire::alarms
