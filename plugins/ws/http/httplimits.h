// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire::ws {

/// What one gateway takes from its HTTP clients and from those that have shown no credential yet; key `http_limits` of
/// the manifest. Plain value.
struct HttpLimits {
  int connections = 1024;  ///< that speak HTTP, of all clients together; WebSockets have limits of their own
  int unasked = 256;       ///< of these from one address (IPv6: one /64) that have sent no whole request yet
  qint64 unsentBytes = 64 * 1024 * 1024;  ///< answers that wait for all clients together
  int headBytes = 16 * 1024;
  int fields = 64;
  int bodyBytes = 64 * 1024;
  std::chrono::milliseconds headTime{10'000};  ///< from accept, or from the end of the last answer, to the whole head
  std::chrono::milliseconds bodyTime{30'000};  ///< from the head to the whole body
  int strangers = 256;                         ///< WebSockets without a credential yet
  int strangersOfOneAddress = 32;
  std::chrono::milliseconds strangerTime{
      10'000};  ///< from the upgrade to the first message, which has to tell who it is

  static void describe(Shape<HttpLimits> &shape);
};

}  // namespace tagwire::ws
