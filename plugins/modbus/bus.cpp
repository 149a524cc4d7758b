// SPDX-License-Identifier: Apache-2.0
#include "bus.h"

#include <algorithm>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

/// A link that breaks without any answer in between is down at the second break; at the first only what was just
/// asked for is affected.
constexpr int downAfter = 2;

/// A device that takes no second connection is not asked for one again so soon.
constexpr std::chrono::seconds secondConnectionPause{30};
/// One that gives up the first for it still more rarely: it costs good values each time.
constexpr std::chrono::milliseconds thrownOutWithin{500};
constexpr std::chrono::minutes noSecondConnectionPause{10};

}  // namespace

Bus::Lane::Lane(const Settings &settings, bool main)
    : isMain(main),
      connection(settings.endpoints.first(), main ? settings.maxOutstanding : 1),
      backoff(200ms, 1500ms) {}

Bus::Bus(const Settings &settings) : m_settings(settings), m_main(settings, true), m_aside(settings, false) {
  connectLane(m_main);
  connectLane(m_aside);
}

void Bus::connectLane(Lane &lane) {
  for (QTimer *timer : {&lane.wake, &lane.retry}) {
    timer->setSingleShot(true);
    timer->setTimerType(Qt::PreciseTimer);
  }
  connect(&lane.wake, &QTimer::timeout, this, [this] { pump(); });
  connect(&lane.retry, &QTimer::timeout, this, [this, &lane] {
    open(lane);
    pump();
  });
  connect(&lane.connection, &Connection::opened, this, [this, &lane] {
    lane.retry.stop();
    lane.openedAt = Connection::now();
    lane.quietUntil = lane.openedAt + m_settings.connectPause;
    if (lane.isMain) {
      deliver([&] {
        for (BusClient *client : QList(m_arbiter.clients())) {
          if (isAttached(client)) client->linkOpened(Connection::now());
        }
      });
    }
    pump();
  });
  connect(&lane.connection, &Connection::replied, this,
          [this, &lane](const Request &request, const Reply &reply, std::chrono::nanoseconds took) {
            onReplied(lane, request, reply, took);
          });
  connect(&lane.connection, &Connection::failed, this,
          [this, &lane](const Request &request, QualityReason reason, const QString &text) {
            onFailed(lane, request, reason, text);
          });
  connect(&lane.connection, &Connection::interrupted, this, [this](const Request &request, const QString &text) {
    deliver([&] {
      if (isAttached(request.client)) request.client->interrupted(request, text);
    });
  });
  connect(&lane.connection, &Connection::closed, this,
          [this, &lane](QualityReason reason, const QString &text, Connection::State before, bool wasAsked) {
            onClosed(lane, reason, text, before, wasAsked);
          });
  connect(&lane.connection, &Connection::readEnded, this, [this] { pump(); });
}

void Bus::attach(BusClient *client) {
  if (isAttached(client)) return;
  m_arbiter.add(client);
  // One that joins a line in use finds it open.
  if (m_main.connection.state() == Connection::State::Open) client->linkOpened(Connection::now());
  if (m_arbiter.clients().size() == 1) m_main.backoff.reset();
  pump();
}

void Bus::detach(BusClient *client) {
  m_arbiter.remove(client);
  m_main.connection.disown(client);
  m_aside.connection.disown(client);
  if (!m_arbiter.clients().isEmpty()) return;
  for (Lane *lane : {&m_main, &m_aside}) {
    lane->connection.close();
    lane->wake.stop();
    lane->retry.stop();
  }
}

bool Bus::mayUseAside() const {
  return m_settings.hasSecondConnection && Connection::now() >= m_aside.unusableUntil && hasHealthyUnits() &&
         (m_arbiter.due(Scope::Aside, false, Connection::now()) != Moment::max() ||
          m_aside.connection.state() != Connection::State::Closed);
}

/// Until the second connection was answered once it takes a request of the others: a device may accept it and never
/// look at it.
Scope Bus::scopeOf(const Lane &lane) const {
  if (!lane.isMain) return lane.isServed ? Scope::Aside : Scope::Healthy;
  return usesAside() ? Scope::Healthy : Scope::All;
}

void Bus::removeUnits(const QList<quint8> &units) {
  for (const quint8 unit : units) m_units.removeOne(unit);
}

/// What it tells may lead back here.
template <class Tell>
void Bus::deliver(Tell tell) {
  ++m_delivering;
  tell();
  --m_delivering;
}

void Bus::pump() {
  if (m_isPumping || m_delivering > 0) {
    m_pumpAgain = true;
    return;
  }
  m_isPumping = true;
  do {
    m_pumpAgain = false;
    pump(m_main);
    if (mayUseAside()) pump(m_aside);
  } while (m_pumpAgain);
  m_isPumping = false;
  for (BusClient *client : QList(m_arbiter.clients())) {
    if (isAttached(client)) client->turnEnded();
  }
}

void Bus::pump(Lane &lane) {
  if (m_arbiter.clients().isEmpty() || lane.retry.isActive()) return;
  const Connection::State state = lane.connection.state();
  if (state == Connection::State::Opening) return;
  if (state == Connection::State::Closed) {
    // Dialled when there is something to ask: some devices hang up whenever it is quiet for a while.
    const Moment due = m_arbiter.due(scopeOf(lane), lane.isMain, Connection::now());
    return due <= Connection::now() ? open(lane) : sleep(lane, due);
  }
  sendFrom(lane);
}

void Bus::sendFrom(Lane &lane) {
  bool hasSent = false;
  while (lane.connection.hasRoom()) {
    const Moment now = Connection::now();
    const Moment quiet = std::max(lane.quietUntil, lane.connection.silentAt());
    if (quiet > now) {
      sleep(lane, quiet);
      break;
    }
    const auto request = m_arbiter.next(scopeOf(lane), lane.isMain, now);
    // Whoever was asked may have stopped, and the link with it.
    if (lane.connection.state() != Connection::State::Open) return;
    if (!request) {
      sleep(lane, m_arbiter.due(scopeOf(lane), lane.isMain, now));
      break;
    }
    lane.connection.send(*request);
    hasSent = true;
  }
  if (hasSent) lane.connection.flush();
}

void Bus::sleep(Lane &lane, Moment until) {
  if (until == Moment::max()) return lane.wake.stop();
  // A command is due since for ever: a difference to that would overflow.
  const Moment now = Connection::now();
  const auto wait = std::max(until, now) - now;
  lane.wake.start(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(wait), 0ms, std::chrono::milliseconds(1h)));
}

void Bus::open(Lane &lane) {
  if (m_arbiter.clients().isEmpty() || lane.connection.state() != Connection::State::Closed) return;
  lane.answeredSinceOpen = false;
  ++m_connects;
  lane.connection.setEndpoint(m_settings.endpoints[m_main.endpoint]);
  lane.connection.open(m_settings.connectTimeout);
}

void Bus::onReplied(Lane &lane, const Request &request, const Reply &reply, std::chrono::nanoseconds took) {
  const Moment now = Connection::now();
  lane.answeredSinceOpen = lane.isServed = true;
  lane.failuresInRow = 0;
  lane.backoff.reset();
  lane.quietUntil = now + request.pause;
  if (request.isAside && lane.isMain) m_arbiter.asideEnded(now, took);
  deliver([&] {
    if (isAttached(request.client)) request.client->answered(request, reply, now, took);
  });
}

void Bus::onFailed(Lane &lane, const Request &request, QualityReason reason, const QString &text) {
  const Moment now = Connection::now();
  if (request.isAside && lane.isMain) m_arbiter.asideEnded(now, request.timeout);
  // What was sent to find out whether anybody looks at a second connection says nothing of its unit; nor does a fresh
  // connection that breaks at once: some devices take one at a time, and it may have come too soon behind the one
  // before.
  const bool isTrial = !lane.isMain && !lane.isServed;
  const bool isTooSoon =
      reason == QualityReason::NoConnection && !lane.answeredSinceOpen && lane.failuresInRow + 1 < downAfter;
  deliver([&] {
    if (!isAttached(request.client)) return;
    if (isTrial || isTooSoon) return request.client->interrupted(request, text);
    request.client->unanswered(request, reason, text, now);
  });
}

void Bus::onClosed(Lane &lane, QualityReason reason, const QString &text, Connection::State before, bool wasAsked) {
  if (m_arbiter.clients().isEmpty()) return;  // whoever heard of it has stopped
  if (!lane.isMain) {
    asideClosed(reason, before);
    return pump();
  }
  // A device may throw out the first connection for the second.
  if (reason == QualityReason::NoConnection && m_aside.connection.state() == Connection::State::Open &&
      Connection::now() - m_aside.openedAt < thrownOutWithin) {
    deliver([&] { m_aside.connection.hangUp(text); });
    m_aside.isServed = false;
    m_aside.unusableUntil = Connection::now() + noSecondConnectionPause;
  }
  // Some devices hang up whenever it is quiet for a while.
  const bool wasQuiet = before == Connection::State::Open && !wasAsked && reason == QualityReason::NoConnection;
  if (wasQuiet && lane.answeredSinceOpen) return pump();
  // Silence is a matter of one unit; others behind the same gateway may well answer.
  const bool isOfUnit = reason == QualityReason::Timeout && hasHealthyUnits();
  // First, so that whoever hears of the loss and writes meanwhile is told that there is no connection.
  if (!lane.answeredSinceOpen && !isOfUnit) retryLater(lane);
  const bool isDown =
      before == Connection::State::Opening || (reason != QualityReason::Timeout && ++lane.failuresInRow >= downAfter);
  if (isDown) tellDown(reason, text);
  pump();
}

bool Bus::hasHealthyUnits() const {
  const auto &clients = m_arbiter.clients();
  return std::any_of(clients.begin(), clients.end(), [](BusClient *client) { return client->hasHealthyUnits(); });
}

/// At the next endpoint, if there are several.
void Bus::retryLater(Lane &lane) {
  if (m_settings.endpoints.size() > 1) {
    lane.endpoint = (lane.endpoint + 1) % m_settings.endpoints.size();
    deliver([&] { m_aside.connection.hangUp(QStringLiteral("the endpoint changes")); });
    m_aside.isServed = false;
  }
  lane.retry.start(lane.backoff.next());
}

void Bus::asideClosed(QualityReason reason, Connection::State before) {
  const bool isRefused =
      before == Connection::State::Opening || (reason == QualityReason::NoConnection && !m_aside.answeredSinceOpen);
  if (!isRefused && m_aside.isServed) return;
  m_aside.isServed = false;
  m_aside.unusableUntil = Connection::now() + secondConnectionPause;
}

void Bus::tellDown(QualityReason reason, const QString &text) {
  const QString where = endpointText();
  const QString problem = reason == QualityReason::NoConnection
                              ? QStringLiteral("no connection to %1: %2").arg(where, text)
                              : QStringLiteral("%1 answers wrongly: %2").arg(where, text);
  deliver([&] {
    for (BusClient *client : QList(m_arbiter.clients())) {
      if (isAttached(client)) client->linkLost(reason, problem);
    }
  });
}

}  // namespace tagwire::modbus
