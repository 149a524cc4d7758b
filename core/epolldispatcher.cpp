// SPDX-License-Identifier: Apache-2.0
#include "epolldispatcher.h"

#include <QCoreApplication>
#include <QThread>
#include <QTimerEvent>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tagwire {

using namespace std::chrono_literals;

namespace {

/// What wakes the notifiers of each type, as poll(2) does for Qt's own loop: trouble wakes all.
constexpr quint32 trouble = EPOLLERR | EPOLLHUP;
constexpr std::array<quint32, 3> interest{EPOLLIN, EPOLLOUT, EPOLLPRI};
constexpr std::array<const char *, 3> typeNames{"Read", "Write", "Exception"};
static_assert(QSocketNotifier::Read == 0 && QSocketNotifier::Write == 1 && QSocketNotifier::Exception == 2);

TimerQueue::Instant steadyNow() { return std::chrono::steady_clock::now(); }

timespec toTimespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

int newEpoll(int wakeUp) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wakeUp;
  if (epoll < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) != 0) {
    qFatal("no event loop: epoll: %s", std::strerror(errno));
  }
  return epoll;
}

int newWakeUp() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) qFatal("no event loop: eventfd: %s", std::strerror(errno));
  return descriptor;
}

}  // namespace

quint32 EpollDispatcher::Watch::wanted() const {
  quint32 events = 0;
  for (size_t type = 0; type < notifiers.size(); ++type) {
    if (notifiers[type]) events |= interest[type];
  }
  return events;
}

EpollDispatcher::EpollDispatcher() : m_epoll(-1), m_wakeUp(newWakeUp()) { m_epoll = newEpoll(m_wakeUp); }

EpollDispatcher::~EpollDispatcher() {
  ::close(m_epoll);
  ::close(m_wakeUp);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags) {
  m_isInterrupted = false;
  Q_EMIT awake();
  QCoreApplication::sendPostedEvents();

  const bool withTimers = !flags.testFlag(QEventLoop::X11ExcludeTimers);
  const auto mayWait = [&] {
    return flags.testFlag(QEventLoop::WaitForMoreEvents) && !m_isInterrupted && !m_isAwakened;
  };
  if (mayWait()) Q_EMIT aboutToBlock();
  if (m_isInterrupted) return false;

  const bool withSockets = !flags.testFlag(QEventLoop::ExcludeSocketNotifiers);
  const Timeout time = timeout(mayWait(), withTimers);
  withSockets ? waitForSockets(time) : waitForWakeUp(time);
  // Whoever woke us meanwhile has its turn with the next call: what it posted is sent first there.
  bool didSomething = m_isAwakened.exchange(false);
  if (withSockets) didSomething = activateSockets() || didSomething;
  if (withTimers) didSomething = activateTimers() || didSomething;
  return didSomething;
}

EpollDispatcher::Timeout EpollDispatcher::timeout(bool mayWait, bool withTimers) const {
  if (!mayWait) return 0ns;
  const auto next = withTimers ? m_timers.next() : std::nullopt;
  if (!next) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(*next - steadyNow(), 0ns);
}

void EpollDispatcher::waitForSockets(Timeout timeout) {
  tellChanges();
  std::array<epoll_event, eventsPerTurn> events;
  const int count = poll(events.data(), m_alwaysReady.empty() ? timeout : Timeout(0ns));
  for (int i = 0; i < count; ++i) {
    const epoll_event &event = events[static_cast<size_t>(i)];
    if (event.data.fd == m_wakeUp) {
      drainWakeUp();
    } else {
      markActive(event.data.fd, event.events);
    }
  }
  for (const int descriptor : m_alwaysReady) markActive(descriptor, EPOLLIN | EPOLLOUT);
}

/// How many events there are; none when a signal came.
int EpollDispatcher::poll(epoll_event *events, Timeout timeout) {
  if (timeout == 0ns) return ::epoll_wait(m_epoll, events, eventsPerTurn, 0);
  if (!timeout) return ::epoll_wait(m_epoll, events, eventsPerTurn, -1);
  if (m_hasNanoseconds) {
    const timespec time = toTimespec(*timeout);
    const int count = ::epoll_pwait2(m_epoll, events, eventsPerTurn, &time, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    m_hasNanoseconds = false;
  }
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(std::min<std::chrono::nanoseconds>(*timeout, 24h));
  return ::epoll_wait(m_epoll, events, eventsPerTurn, static_cast<int>(whole.count()));
}

void EpollDispatcher::waitForWakeUp(Timeout timeout) {
  pollfd wakeUp{m_wakeUp, POLLIN, 0};
  const timespec time = toTimespec(timeout.value_or(0ns));
  if (::ppoll(&wakeUp, 1, timeout ? &time : nullptr, nullptr) > 0) drainWakeUp();
}

void EpollDispatcher::drainWakeUp() {
  eventfd_t count = 0;
  ::eventfd_read(m_wakeUp, &count);
}

void EpollDispatcher::wakeUp() {
  // Our own thread is not asleep, and looks at the flag before it sleeps.
  if (!m_isAwakened.exchange(true) && thread() != QThread::currentThread()) ::eventfd_write(m_wakeUp, 1);
}

void EpollDispatcher::interrupt() {
  m_isInterrupted = true;
  wakeUp();
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier) {
  const int descriptor = static_cast<int>(notifier->socket());
  Watch &watch = m_watches[descriptor];
  QSocketNotifier *&place = watch.notifiers[notifier->type()];
  if (place && place != notifier) {
    qWarning("Two socket notifiers for descriptor %d and type %s: the later one holds", descriptor,
             typeNames[notifier->type()]);
    watch.told = 0;  // it may be another file by now
  }
  place = notifier;
  change(descriptor, watch);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier) {
  const int descriptor = static_cast<int>(notifier->socket());
  const auto found = m_watches.find(descriptor);
  if (found == m_watches.end() || found->second.notifiers[notifier->type()] != notifier) return;
  Watch &watch = found->second;
  watch.notifiers[notifier->type()] = nullptr;
  watch.active &= ~(1U << notifier->type());
  if (!watch.isEmpty()) return change(descriptor, watch);
  forget(descriptor, watch);
  m_watches.erase(found);
}

void EpollDispatcher::change(int descriptor, Watch &watch) {
  if (!std::exchange(watch.isChanged, true)) m_changed.push_back(descriptor);
}

/// At once: the descriptor is about to be closed, and its number may come back with another file.
void EpollDispatcher::forget(int descriptor, const Watch &watch) {
  m_alwaysReady.erase(descriptor);
  // Closed already? If another process or number still holds the file, epoll goes on reporting it.
  if (watch.told != 0 && ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr) != 0) m_isStale = true;
}

void EpollDispatcher::tellChanges() {
  if (m_isStale) retell();
  for (size_t i = 0; i < m_changed.size(); ++i) {  // it grows when a notifier is refused
    const auto found = m_watches.find(m_changed[i]);
    if (found == m_watches.end()) continue;
    found->second.isChanged = false;
    tell(m_changed[i], found->second);
  }
  m_changed.clear();
}

void EpollDispatcher::tell(int descriptor, Watch &watch) {
  const quint32 wanted = watch.wanted();
  if (wanted == watch.told || m_alwaysReady.contains(descriptor)) return;
  epoll_event event{};
  event.events = wanted;
  event.data.fd = descriptor;
  const auto control = [&](int operation) { return ::epoll_ctl(m_epoll, operation, descriptor, &event) == 0; };
  bool isTold = control(watch.told == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
  // Closed and opened again under its notifiers.
  if (!isTold && errno == ENOENT) isTold = control(EPOLL_CTL_ADD);
  if (!isTold && errno == EEXIST) isTold = control(EPOLL_CTL_MOD);
  watch.told = isTold ? wanted : 0;
  if (isTold) return;
  if (errno == EPERM) {
    m_alwaysReady.insert(descriptor);
  } else {
    refuse(descriptor);
  }
}

/// A new epoll is the only way to be rid of a closed descriptor whose file lives on.
void EpollDispatcher::retell() {
  m_isStale = false;
  ::close(m_epoll);
  m_epoll = newEpoll(m_wakeUp);
  for (auto &[descriptor, watch] : m_watches) {
    watch.told = 0;
    change(descriptor, watch);
  }
}

void EpollDispatcher::refuse(int descriptor) {
  qWarning("Socket notifiers of descriptor %d are disabled: %s", descriptor, std::strerror(errno));
  const auto notifiers = m_watches.at(descriptor).notifiers;
  for (QSocketNotifier *notifier : notifiers) {
    if (notifier) notifier->setEnabled(false);  // unregisters it
  }
}

void EpollDispatcher::markActive(int descriptor, quint32 events) {
  const auto found = m_watches.find(descriptor);
  if (found == m_watches.end()) return;
  Watch &watch = found->second;
  const bool wasActive = watch.active != 0;
  for (size_t type = 0; type < interest.size(); ++type) {
    if (watch.notifiers[type] && (events & (interest[type] | trouble)) != 0) watch.active |= 1U << type;
  }
  if (watch.active != 0 && !wasActive) m_active.push_back(descriptor);
}

/// Each activation may register, unregister and delete notifiers, and run a loop of its own that takes what is left
/// here.
bool EpollDispatcher::activateSockets() {
  bool didSomething = false;
  while (!m_active.empty()) {
    const auto found = m_watches.find(m_active.front());
    if (found == m_watches.end() || found->second.active == 0) {
      m_active.pop_front();
      continue;
    }
    Watch &watch = found->second;
    const auto type = static_cast<size_t>(std::countr_zero(watch.active));
    watch.active &= watch.active - 1;
    QEvent event(QEvent::SockAct);
    QCoreApplication::sendEvent(watch.notifiers[type], &event);
    didSomething = true;
  }
  return didSomething;
}

bool EpollDispatcher::activateTimers() {
  bool didSomething = false;
  if (!m_timers.next()) return false;
  const auto now = steadyNow();
  for (const TimerQueue::Due &due : m_timers.due(now)) {
    QObject *object = m_timers.begin(due, now);
    if (!object) continue;
    QTimerEvent event(due.id);
    QCoreApplication::sendEvent(object, &event);
    m_timers.end(due);
    didSomething = true;
  }
  return didSomething;
}

void EpollDispatcher::registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object) {
  m_timers.add(id, interval, type, object, steadyNow());
}

bool EpollDispatcher::unregisterTimer(int id) { return m_timers.remove(id); }

bool EpollDispatcher::unregisterTimers(QObject *object) { return m_timers.removeAllOf(object); }

QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const {
  return m_timers.timersOf(object);
}

int EpollDispatcher::remainingTime(int id) { return m_timers.remaining(id, steadyNow()); }

}  // namespace tagwire
