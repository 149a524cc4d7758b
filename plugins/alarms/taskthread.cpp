// SPDX-License-Identifier: Apache-2.0
#include "taskthread.h"

#include <condition_variable>
#include <mutex>

namespace tagwire::alarms {

/// What both threads know; the mutex guards all of it.
struct TaskThread::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  Task task;
  std::function<void()> tell;  ///< wakes the owner; empty once it is gone
  bool isOver = false;         ///< a task, and deliver() has not seen it yet
  bool mustEnd = false;
};

TaskThread::TaskThread(QObject *owner) : m_shared(std::make_shared<Shared>()) {
  m_shared->tell = [this, owner, shared = std::weak_ptr(m_shared)] {
    const auto deliverIfThere = [this, shared] {
      const auto there = shared.lock();
      if (there && there->tell) deliver();  // both are changed in this thread only
    };
    QMetaObject::invokeMethod(owner, deliverIfThere, Qt::QueuedConnection);
  };
  m_thread = std::thread([shared = m_shared] { work(*shared); });
}

TaskThread::~TaskThread() {
  bool isAtWork = false;
  {
    const std::lock_guard lock(m_shared->mutex);
    m_shared->mustEnd = true;
    m_shared->tell = nullptr;
    isAtWork = m_isBusy && !m_shared->isOver;
  }
  m_shared->changed.notify_all();
  if (isAtWork) {
    m_thread.detach();
  } else {
    m_thread.join();
  }
}

void TaskThread::run(Task task, Task finished) {
  m_isBusy = true;
  m_finished = std::move(finished);
  {
    const std::lock_guard lock(m_shared->mutex);
    m_shared->task = std::move(task);
  }
  m_shared->changed.notify_all();
}

bool TaskThread::wait(std::chrono::milliseconds longest) {
  {
    std::unique_lock lock(m_shared->mutex);
    if (m_isBusy && !m_shared->changed.wait_for(lock, longest, [this] { return m_shared->isOver; })) return false;
  }
  deliver();
  return true;
}

void TaskThread::deliver() {
  {
    const std::lock_guard lock(m_shared->mutex);
    if (!m_shared->isOver) return;  // wait() was first
    m_shared->isOver = false;
  }
  m_isBusy = false;
  const Task finished = std::exchange(m_finished, nullptr);
  finished();
}

void TaskThread::work(Shared &shared) {
  std::unique_lock lock(shared.mutex);
  while (true) {
    shared.changed.wait(lock, [&] { return shared.task || shared.mustEnd; });
    if (!shared.task) return;
    Task task = std::exchange(shared.task, nullptr);
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes in this thread
    lock.lock();
    shared.isOver = true;
    if (shared.tell) shared.tell();
    shared.changed.notify_all();
  }
}

}  // namespace tagwire::alarms
