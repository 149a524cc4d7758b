// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <array>
#include <utility>

#include "result.h"

namespace tagwire::modbus {

/// How frames travel: Modbus TCP, or the serial line's frames over TCP or a serial port.
enum class Transport : quint8 { Tcp, RtuOverTcp, Serial };

enum class Parity : quint8 { None, Even, Odd };

constexpr auto enumWords(Parity) {
  return std::array{std::pair{"none", Parity::None}, std::pair{"even", Parity::Even}, std::pair{"odd", Parity::Odd}};
}

/// Where a Modbus server is found, or listens. Plain value.
struct Endpoint {
  Transport transport = Transport::Tcp;
  QString host;        ///< over TCP
  quint16 port = 502;  ///< over TCP
  QString device;      ///< serial port, "/dev/ttyUSB0"
  int baud = 19200;
  Parity parity = Parity::Even;  ///< even and one stop bit are the default of the serial line specification, 2.5.1
  int stopBits = 1;

  static constexpr const char *form =
      "tcp://host:port (port 502 when left out), rtu+tcp://host:port or "
      "rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1 (these when left out)";
  static constexpr const char *formExpression = "^[Tt][Cc][Pp]://|^[Rr][Tt][Uu](\\+[Tt][Cc][Pp])?://";
  /// One to dial. Errors never repeat the text, which may hold a password.
  static Result<Endpoint> fromText(const QString &text);
  /// One to listen on: port 0 stands for any free one.
  static Result<Endpoint> toListenOn(const QString &text);
  /// "tcp://10.0.0.5:502", IPv6 in brackets; "rtu:///dev/ttyUSB0".
  QString toText() const;

  /// One wire for all: only one request at a time, and who shares it has to wait.
  bool isLine() const { return transport != Transport::Tcp; }
  /// Time of one character on the serial line (11 bits, 2.5.1.1); 0 where we don't know it.
  double characterSeconds() const { return transport == Transport::Serial ? 11.0 / baud : 0; }

  friend bool operator==(const Endpoint &, const Endpoint &) = default;
};

}  // namespace tagwire::modbus
