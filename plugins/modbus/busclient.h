// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "poller.h"

namespace tagwire::modbus {

class BusClient;

/// What is asked of a unit, and by whom.
struct Request {
  quint8 unit = 1;
  QByteArray pdu;
  std::chrono::milliseconds timeout{1000};
  std::chrono::milliseconds pause{0};  ///< quiet time behind its answer
  bool isAside = false;                ///< of a unit that must not hold up the others
  quint64 mark = 0;                    ///< the client's own; comes back with the outcome
  BusClient *client = nullptr;
};

/// One who shares a Bus: it is asked what to send when there is room, and told what came of each request, once:
/// answered, unanswered or interrupted. Everything in the Bus's thread. Implemented by the ModbusSource.
class BusClient {
 public:
  using Moment = std::chrono::nanoseconds;

  virtual ~BusClient() = default;

  /// Commands go before polls.
  virtual std::optional<Request> takeCommand(Moment now) = 0;
  virtual std::optional<Request> takePoll(Moment now, Scope scope) = 0;
  /// When takeCommand(), and takePoll(), has something; Moment::max() when never.
  virtual Moment commandDue() const = 0;
  virtual Moment due(Scope scope) const = 0;
  /// How long the next request that is aside may keep the line.
  virtual std::chrono::milliseconds asideTime() const = 0;
  /// Some of its units are neither probed nor slow.
  virtual bool hasHealthyUnits() const = 0;

  virtual void linkOpened(Moment now) = 0;
  /// The link is down: nothing can be asked of anyone.
  virtual void linkLost(QualityReason reason, const QString &text) = 0;
  /// Answer or Exception.
  virtual void answered(const Request &request, const Reply &reply, Moment now, std::chrono::nanoseconds took) = 0;
  /// No answer that could be used.
  virtual void unanswered(const Request &request, QualityReason reason, const QString &text, Moment now) = 0;
  /// The link went away through no fault of this request.
  virtual void interrupted(const Request &request, const QString &text) = 0;
  /// Everything that arrived in this turn of the loop was told: time to publish.
  virtual void turnEnded() = 0;
};

}  // namespace tagwire::modbus
