// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace tagwire::alarms {

/// Runs one task at a time in a thread of its own, and tells its owner when it is done. Unlike a QThreadPool it can be
/// left behind while a task hangs (in a disk that does not answer, say): then the thread ends with the task. So a task
/// may hold on to nothing that does not live as long. Thread-bound.
class TaskThread {
 public:
  using Task = std::function<void()>;

  /// `finished` of a task is called in the thread of `owner`, by its event loop.
  explicit TaskThread(QObject *owner);
  /// What is under way is left behind, and its `finished` is not called.
  ~TaskThread();
  TaskThread(const TaskThread &) = delete;
  TaskThread &operator=(const TaskThread &) = delete;

  /// While none runs.
  void run(Task task, Task finished);
  bool isBusy() const { return m_isBusy; }
  /// Waits up to `longest` until the task is over, and calls its `finished`. False: it is not over yet.
  bool wait(std::chrono::milliseconds longest);

 private:
  struct Shared;
  static void work(Shared &shared);
  void deliver();

  const std::shared_ptr<Shared> m_shared;
  std::thread m_thread;
  Task m_finished;
  bool m_isBusy = false;
};

}  // namespace tagwire::alarms
