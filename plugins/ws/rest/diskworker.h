// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QThreadPool>

#include <utility>

namespace tagwire::ws {

/// Does what waits for the disk in a thread of its own, one after the other, and hands each outcome back to the event
/// loop. Thread-bound; when it goes, it waits for what is under way.
class DiskWorker : public QObject {
  Q_OBJECT
 public:
  DiskWorker() { m_pool.setMaxThreadCount(1); }
  ~DiskWorker() override {
    m_pool.clear();
    m_pool.waitForDone();
  }

  /// So much is under way that more has to be refused.
  bool isFull() const { return m_underWay >= most; }
  /// `work` runs in the other thread and may touch nothing of ours; `then` gets its outcome here, unless the worker is
  /// gone by then.
  template <class Work, class Then>
  void run(Work work, Then then) {
    ++m_underWay;
    m_pool.start([this, work = std::move(work), then = std::move(then)] {
      QMetaObject::invokeMethod(
          this,
          [this, outcome = work(), then] {
            --m_underWay;
            then(outcome);
          },
          Qt::QueuedConnection);
    });
  }

 private:
  static constexpr int most = 64;
  QThreadPool m_pool;
  int m_underWay = 0;
};

}  // namespace tagwire::ws
