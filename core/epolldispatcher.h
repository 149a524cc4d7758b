// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractEventDispatcher>
#include <QSocketNotifier>

#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "export.h"
#include "timerqueue.h"

struct epoll_event;

namespace tagwire {

/// An event loop of Qt on Linux' epoll, whose turn costs what happened in it and not what is connected: Qt's own asks
/// the kernel for every descriptor in each turn. What notifiers want is told to the kernel right before it waits, and
/// only what differs, for sockets switch their write notifiers on and off all the time. Thread-bound but for wakeUp()
/// and interrupt(); owned by QCoreApplication or the QThread that it is given to.
class TAGWIRE_EXPORT EpollDispatcher : public QAbstractEventDispatcher {
  Q_OBJECT
 public:
  EpollDispatcher();
  ~EpollDispatcher() override;

  bool processEvents(QEventLoop::ProcessEventsFlags flags) override;

  void registerSocketNotifier(QSocketNotifier *notifier) override;
  void unregisterSocketNotifier(QSocketNotifier *notifier) override;

  using QAbstractEventDispatcher::registerTimer;
  void registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object) override;
  bool unregisterTimer(int id) override;
  bool unregisterTimers(QObject *object) override;
  QList<TimerInfo> registeredTimers(QObject *object) const override;
  int remainingTime(int id) override;

  /// Thread-safe, as is interrupt().
  void wakeUp() override;
  void interrupt() override;

 private:
  static constexpr int eventsPerTurn = 256;  ///< what else is ready comes first in the next one

  /// The notifiers of one descriptor, by QSocketNotifier::Type, and what epoll knows of them.
  struct Watch {
    std::array<QSocketNotifier *, 3> notifiers{};
    quint32 told = 0;    ///< EPOLL… that the kernel was asked for; 0: it does not know this descriptor
    quint32 active = 0;  ///< bits by type: to be activated in this turn
    bool isChanged = false;

    quint32 wanted() const;
    bool isEmpty() const { return notifiers == decltype(notifiers){}; }
  };
  /// Nothing: without an end.
  using Timeout = std::optional<std::chrono::nanoseconds>;

  Timeout timeout(bool mayWait, bool withTimers) const;
  void waitForSockets(Timeout timeout);
  void waitForWakeUp(Timeout timeout);
  int poll(epoll_event *events, Timeout timeout);
  void drainWakeUp();

  void change(int descriptor, Watch &watch);
  void tellChanges();
  void tell(int descriptor, Watch &watch);
  void retell();
  void refuse(int descriptor);
  void forget(int descriptor, const Watch &watch);

  void markActive(int descriptor, quint32 events);
  bool activateSockets();
  bool activateTimers();

  int m_epoll;
  int m_wakeUp;
  bool m_hasNanoseconds = true;  ///< epoll_pwait2, from Linux 5.11 on
  bool m_isStale = false;        ///< the kernel may know a descriptor that was closed
  std::unordered_map<int, Watch> m_watches;
  std::vector<int> m_changed;
  std::deque<int> m_active;
  std::unordered_set<int> m_alwaysReady;  ///< files, which epoll refuses
  TimerQueue m_timers;
  std::atomic<bool> m_isAwakened = false;
  std::atomic<bool> m_isInterrupted = false;
};

}  // namespace tagwire
