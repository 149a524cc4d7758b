// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <functional>
#include <memory>

#include "notify/message.h"
#include "timestamp.h"

namespace tagwire::alarms {

class Transfers;

/// How an attempt to tell a target ended. Plain value.
struct Outcome {
  enum class Kind : quint8 {
    Delivered,
    Failed,  ///< the target is not there, or does not take anything now
    Refused  ///< the target does not take what this message says
  };

  Kind kind = Kind::Failed;
  QString reason;  ///< for the log: nothing that the target said in its own words
  QString answer;  ///< what the target said, for people, without our secrets
  std::chrono::seconds retryAfter{0};
};

/// The way to one target. One message at a time. Thread-bound; owned by the target's lane.
class Channel {
 public:
  using Done = std::function<void(const Outcome &)>;
  virtual ~Channel() = default;

  /// `done` comes from the event loop, never from within this call and never after this was deleted; it may delete
  /// this.
  virtual void send(const Message &message, Done done) = 0;
};

/// `transfers` outlives it and is not null, but for a command.
std::unique_ptr<Channel> makeChannel(const NotificationTarget &target, const Clock &clock, Transfers *transfers);

/// What another program said, on one line, shortened, with each of `secrets` replaced.
QString foreign(const QByteArray &text, const QStringList &secrets);

}  // namespace tagwire::alarms
