// SPDX-License-Identifier: Apache-2.0
#include "outbox.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tagwire::mqtt {

using namespace std::chrono_literals;
using spool::Spool;
using spool::Stream;

namespace {
constexpr auto retryAfter = 1s;
constexpr size_t mostTasks = 10'000;
}  // namespace

/// What both threads know. The thread holds on to it, so that it may live on when it is left behind.
struct Outbox::Shared {
  struct Todo {
    bool isRead;  ///< what was put in before has to be there
    Task task;
  };

  explicit Shared(const spool::SpoolSettings &settings) : spool(settings) {}

  /// Into the event loop of whoever owns the outbox.
  void post(std::function<void(Outbox &)> news) {
    const std::lock_guard lock(mutex);
    if (!outbox) return;
    QMetaObject::invokeMethod(
        outbox, [to = outbox, news = std::move(news)] { news(*to); }, Qt::QueuedConnection);
  }

  Spool spool;
  bool isDirty = false;       ///< of the thread: something was added
  bool isFailing = false;     ///< of the thread
  QString trouble;            ///< of the thread
  bool isEventsFull = false;  ///< of the thread

  std::mutex mutex;  ///< for all that follows
  std::condition_variable changed;
  Outbox *outbox = nullptr;
  std::deque<Todo> todo;
  bool mustStop = false;
  bool isOver = false;
  bool isSpoolOpen = false;
};

Outbox::Outbox(const spool::SpoolSettings &settings) : m_shared(std::make_shared<Shared>(settings)) {}

Outbox::~Outbox() { close(0ms); }

void Outbox::open() {
  m_isOpen = true;
  m_shared->outbox = this;
  std::thread([shared = m_shared] { run(shared); }).detach();
}

void Outbox::close(std::chrono::milliseconds longest) {
  if (!m_isOpen) return;
  m_isOpen = false;
  std::unique_lock lock(m_shared->mutex);
  m_shared->outbox = nullptr;
  m_shared->mustStop = true;
  m_shared->changed.notify_all();
  m_shared->changed.wait_for(lock, longest, [this] { return m_shared->isOver; });
}

void Outbox::ask(bool isRead, Task task) {
  {
    const std::lock_guard lock(m_shared->mutex);
    m_shared->todo.push_back({isRead, std::move(task)});
  }
  m_shared->changed.notify_all();
}

void Outbox::put(std::vector<OutboxRecord> records) {
  ask(false, [shared = m_shared.get(), records = std::move(records)] {
    for (const OutboxRecord &each : records) {
      const spool::PointKey key = shared->spool.keyOf(*each.point);
      shared->spool.add({0, key, each.sample.quality, false, each.sample.time, each.received, each.sample.value});
    }
    shared->isDirty = true;
    // After the commit: what is told is told in order.
    commit(*shared);
    shared->post([](Outbox &outbox) { Q_EMIT outbox.taken(); });
  });
}

bool Outbox::put(const spool::StoredEvent &event) {
  {
    const std::lock_guard lock(m_shared->mutex);
    if (m_shared->todo.size() >= mostTasks) return false;
  }
  ask(false, [shared = m_shared.get(), event] {
    shared->spool.add(event);
    shared->isDirty = true;
  });
  return true;
}

void Outbox::read(Stream stream, qsizetype most, std::function<void(BatchPointer)> answer) {
  ask(true, [shared = m_shared.get(), stream, most, answer = std::move(answer)] {
    auto batch = std::make_shared<const spool::SpoolBatch>(shared->spool.readOldest(stream, most));
    shared->post([answer, batch](Outbox &) { answer(batch); });
  });
}

void Outbox::mark(std::function<void(OutboxMark)> answer) {
  ask(true, [shared = m_shared.get(), answer = std::move(answer)] {
    const OutboxMark mark{shared->spool.boot(), shared->spool.end(Stream::Telemetry),
                          shared->spool.end(Stream::Events)};
    shared->post([answer, mark](Outbox &) { answer(mark); });
  });
}

void Outbox::delivered(const spool::SpoolRange &range) {
  ask(false, [shared = m_shared.get(), range] { shared->spool.delivered(range); });
}

spool::StoredPointPointer Outbox::point(spool::PointKey key) const { return m_shared->spool.point(key); }

spool::SpoolFigures Outbox::figures(Stream stream) const {
  const std::lock_guard lock(m_shared->mutex);
  return m_shared->isSpoolOpen ? m_shared->spool.figures(stream) : spool::SpoolFigures{};
}

bool Outbox::openSpool(const std::shared_ptr<Shared> &shared) {
  while (true) {
    const auto opened = shared->spool.open();
    if (opened) break;
    if (shared->trouble != opened.error()) {
      shared->trouble = opened.error();
      shared->post([why = opened.error()](Outbox &outbox) { Q_EMIT outbox.troubled(why, false); });
    }
    std::unique_lock lock(shared->mutex);
    if (shared->changed.wait_for(lock, retryAfter, [&] { return shared->mustStop; })) return false;
  }
  const std::lock_guard lock(shared->mutex);
  shared->isSpoolOpen = true;
  return true;
}

void Outbox::commit(Shared &shared) {
  if (!shared.isDirty) return;
  const auto committed = shared.spool.commit();
  shared.isFailing = shared.isDirty = !committed;
  const QString trouble = committed ? QString() : committed.error();
  const bool isFull = !committed && shared.spool.isEventsFull();
  if (trouble != shared.trouble || isFull != shared.isEventsFull) {
    shared.trouble = trouble;
    shared.isEventsFull = isFull;
    shared.post([trouble, isFull](Outbox &outbox) { Q_EMIT outbox.troubled(trouble, isFull); });
  }
  const auto losses = shared.spool.takeLosses();
  shared.post([losses](Outbox &outbox) {
    if (!losses.isEmpty()) Q_EMIT outbox.lost(losses);
    Q_EMIT outbox.committed();
  });
}

void Outbox::run(const std::shared_ptr<Shared> &shared) {
  bool isOpen = openSpool(shared);
  while (isOpen) {
    std::unique_lock lock(shared->mutex);
    const auto isDue = [&] { return shared->mustStop || !shared->todo.empty(); };
    if (shared->isFailing) {
      shared->changed.wait_for(lock, retryAfter, isDue);
    } else {
      shared->changed.wait(lock, isDue);
    }
    isOpen = !shared->mustStop;
    const auto todo = std::exchange(shared->todo, {});
    lock.unlock();
    for (const auto &each : todo) {
      if (each.isRead) commit(*shared);
      each.task();
    }
    commit(*shared);
  }
  if (shared->isSpoolOpen) shared->spool.giveUpPending();
  const std::lock_guard lock(shared->mutex);
  shared->isOver = true;
  shared->changed.notify_all();
}

}  // namespace tagwire::mqtt
