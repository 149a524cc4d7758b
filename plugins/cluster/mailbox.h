// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <functional>
#include <mutex>

namespace tagwire::cluster {

/// The way from threads of ours and of libnats to the instance's own thread; closed when it stops. Thread-safe. Whoever
/// posts bounds what is under way.
class Mailbox {
 public:
  explicit Mailbox(QObject *target) : m_target(target) {}

  /// Runs `task` in the target's thread, unless it has closed by then.
  static void post(const std::shared_ptr<Mailbox> &mailbox, std::function<void()> task) {
    const std::lock_guard lock(mailbox->m_mutex);
    if (!mailbox->m_target) return;
    QMetaObject::invokeMethod(
        mailbox->m_target,
        [mailbox, task = std::move(task)] {
          if (mailbox->m_target) task();  // changed in this thread only
        },
        Qt::QueuedConnection);
  }
  void close() {
    const std::lock_guard lock(m_mutex);
    m_target = nullptr;
  }

 private:
  std::mutex m_mutex;
  QObject *m_target;
};

}  // namespace tagwire::cluster
