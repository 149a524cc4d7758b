// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "event.h"
#include "http/response.h"
#include "sample.h"
#include "websocket/session.h"

namespace tagwire::ws {

constexpr quint16 policyClose = 1008;  ///< RFC 6455, 7.4.1: policy violation

/// What a session does at the moment, for the list of connections. Plain value.
struct Activity {
  int streams = 0;                    ///< subscriptions it holds
  std::optional<Time> lastHeartbeat;  ///< of the protocol's own, as far as it has them
  quint64 dropped = 0;                ///< values it never got, because newer ones replaced them
};

/// One wire contract at one endpoint, for all its sessions. Thread-bound; owned by the gateway, which calls every
/// member in the main thread. A session reference is valid until closed() returns.
class Protocol {
 public:
  virtual ~Protocol() = default;

  /// Why this caller can't have this connection; nothing when opened() may follow. Asked before the upgrade, or when a
  /// first message brought the credential: then the status turns into a close code (403: 4403).
  virtual std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const = 0;
  /// Asked when nothing else speaks against an upgrade, and opened() follows unless it refuses: for limits in time.
  virtual std::optional<Refusal> admit(const Upgrade &, const Caller &) { return std::nullopt; }
  /// This upgrade ends a session that is open here and takes its place: the endpoint may be full. Asked after check().
  virtual bool replaces(const Upgrade &, const Caller &) const { return false; }
  /// The upgrade was answered with 101 and it is known who the caller is.
  virtual void opened(Session &session) = 0;
  /// Another caller than before: a new credential by message, or other rights of the same. End what is not allowed any
  /// more.
  virtual void callerChanged(Session &session) = 0;
  /// A whole text message, valid UTF-8, within the endpoint's size and rate.
  virtual void received(Session &session, const QByteArray &text) = 0;
  /// Whether a client may send binary messages; else the beginning of one ends its session with 1003.
  virtual bool takesBinary() const { return false; }
  /// A whole binary message, within the endpoint's size and rate. Comes only where takesBinary().
  virtual void receivedBinary(Session &, const QByteArray &) {}
  /// A congested session took everything that was queued.
  virtual void drained(Session &session) = 0;
  /// The session is gone, whoever ended it: forget it. The last call for it.
  virtual void closed(Session &session) = 0;

  /// Samples and events as they arrive: note what is due. Several calls may come before one flush().
  virtual void write(const Samples &samples) = 0;
  virtual void notify(const Event &event) = 0;
  /// Once at the end of an event-loop turn in which write() or notify() was called: encode once, send to many.
  virtual void flush() = 0;
  /// A few times a second, for heartbeats and time-outs. `now` is the clock's UTC time.
  virtual void tick(Time now) = 0;
  /// Of an open session.
  virtual Activity activityOf(const Session &session) const = 0;
};

/// Nothing when the caller has one of these rights for something at least; else 403.
std::optional<Refusal> checkSome(const Caller &caller, std::span<const Right> rights);

}  // namespace tagwire::ws
