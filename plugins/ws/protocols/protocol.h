// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "sample.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// One wire contract at one endpoint, for all its sessions. Thread-bound; owned by the gateway, which calls every
/// member in the main thread. A session reference is valid until closed() returns.
class Protocol {
 public:
  virtual ~Protocol() = default;

  /// The upgrade was answered with 101.
  virtual void opened(Session &session) = 0;
  /// A whole text message, valid UTF-8, within the endpoint's size and rate.
  virtual void received(Session &session, const QByteArray &text) = 0;
  /// A congested session took everything that was queued.
  virtual void drained(Session &session) = 0;
  /// The session is gone, whoever ended it: forget it. The last call for it.
  virtual void closed(Session &session) = 0;

  /// Samples and events as they arrive: note what is due. Several calls may come before one flush().
  virtual void write(const Samples &samples) = 0;
  virtual void notify(const Event &event) = 0;
  /// Once at the end of an event-loop turn in which write() or notify() was called: encode once, send to many.
  virtual void flush() = 0;
  /// Once a second, for heartbeats and time-outs. `now` is the clock's UTC time.
  virtual void tick(Time now) = 0;
};

}  // namespace tagwire::ws
