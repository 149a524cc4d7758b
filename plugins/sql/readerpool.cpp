// SPDX-License-Identifier: Apache-2.0
#include "readerpool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tagwire::sql {

using namespace std::chrono_literals;

/// What all threads know; each holds on to it, so that it may live on when it is left behind.
struct ReaderPool::Shared {
  std::function<std::unique_ptr<StoreReader>()> make;
  std::shared_ptr<std::atomic_bool> mustStop = std::make_shared<std::atomic_bool>(false);
  std::mutex mutex;  ///< for what follows
  std::condition_variable changed;
  std::deque<std::pair<Task, std::chrono::steady_clock::time_point>> tasks;
  int running = 0;
};

ReaderPool::ReaderPool(std::function<std::unique_ptr<StoreReader>()> make, int threads)
    : m_shared(std::make_shared<Shared>()), m_threads(threads) {
  m_shared->make = std::move(make);
  m_shared->running = m_threads;
  for (int i = 0; i < m_threads; ++i) std::thread([shared = m_shared] { work(shared); }).detach();
}

ReaderPool::~ReaderPool() {
  std::unique_lock lock(m_shared->mutex);
  m_shared->mustStop->store(true);
  m_shared->tasks.clear();
  m_shared->changed.notify_all();
  m_shared->changed.wait_for(lock, 1s, [this] { return m_shared->running == 0; });
}

bool ReaderPool::run(Task task) {
  {
    const std::lock_guard lock(m_shared->mutex);
    if (m_shared->tasks.size() >= mostWaiting) return false;
    m_shared->tasks.emplace_back(std::move(task), std::chrono::steady_clock::now() + longestWait);
  }
  m_shared->changed.notify_one();
  return true;
}

void ReaderPool::work(const std::shared_ptr<Shared> &shared) {
  std::unique_ptr<StoreReader> reader;
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(lock, [&] { return *shared->mustStop || !shared->tasks.empty(); });
    if (*shared->mustStop) break;
    auto [task, deadline] = std::move(shared->tasks.front());
    shared->tasks.pop_front();
    lock.unlock();
    if (!reader) reader = shared->make();
    HistoryQuestions questions(*reader);
    task(questions, {deadline, shared->mustStop});
    task = nullptr;  // what it holds goes in this thread
    lock.lock();
  }
  lock.unlock();
  reader.reset();
  lock.lock();
  --shared->running;
  // From within the lock: the pool may be gone as soon as it is free, but not what is shared.
  shared->changed.notify_all();
}

}  // namespace tagwire::sql
