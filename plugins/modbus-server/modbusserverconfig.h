// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "endpoint.h"
#include "exposedpoint.h"
#include "network/allowednetwork.h"
#include "pointtable.h"

namespace tagwire::modbus {

/// What a client gets for a point whose quality is Bad, or that has no value yet.
enum class OnBad : quint8 { Exception, Hold, Zero, Nan };

constexpr auto enumWords(OnBad) {
  return std::array{std::pair{"exception", OnBad::Exception}, std::pair{"hold", OnBad::Hold},
                    std::pair{"zero", OnBad::Zero}, std::pair{"nan", OnBad::Nan}};
}

/// One value of `listen`. Plain value.
struct ListenEndpoint : Endpoint {
  static constexpr const char *form =
      "tcp://127.0.0.1:1502, rtu+tcp://127.0.0.1:1502 or rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1";
  static Result<ListenEndpoint> fromText(const QString &text);
};

/// The `config` of one instance, as written. Plain value.
struct ModbusServerConfig {
  QList<ListenEndpoint> listen;
  int unit = 1;
  int clients = 16;
  QList<AllowedNetwork> allow;
  OnBad onBad = OnBad::Exception;
  std::chrono::milliseconds answerWithin{1000};
  QList<ExposedPointConfig> points;

  static void describe(Shape<ModbusServerConfig> &shape);

  /// The points, checked; `declared` holds those of the instances that stand before this one. What is wrong is reported
  /// at its key.
  QList<ExposedPoint> settle(ConfigReader &reader, const PointTable &declared) const;
  bool admits(const QHostAddress &peer) const;

 private:
  void checkListen(ConfigReader &reader) const;
};

}  // namespace tagwire::modbus
