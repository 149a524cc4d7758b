// SPDX-License-Identifier: Apache-2.0
#include "httplimits.h"

namespace tagwire::ws {

void HttpLimits::describe(Shape<HttpLimits> &shape) {
  shape.optional("connections", &HttpLimits::connections, "that speak HTTP; whoever waits longest makes room")
      .range(8, 100000);
  shape
      .optional("unasked_per_address", &HttpLimits::unasked,
                "of them from one address, or one /64 of IPv6, that have sent no whole request yet")
      .range(1, 100000);
  shape.optional("unsent_bytes", &HttpLimits::unsentBytes, "answers that clients do not read, all together")
      .range(1048576, 4294967296);
  // More of a head than this is not read ahead either.
  shape.optional("head_bytes", &HttpLimits::headBytes, "request line and fields; longer: HTTP 431").range(1024, 65536);
  shape.optional("head_fields", &HttpLimits::fields, "more: HTTP 431").range(8, 1000);
  shape.optional("head_timeout_ms", &HttpLimits::headTime, "from accept to the whole head; later: HTTP 408")
      .range(100, 600000);
  shape.optional("body_bytes", &HttpLimits::bodyBytes, "longest body; longer: HTTP 413").range(1024, 16777216);
  shape.optional("body_timeout_ms", &HttpLimits::bodyTime, "from the head to the whole body; later: HTTP 408")
      .range(100, 3600000);
  shape.optional("strangers", &HttpLimits::strangers, "WebSockets without a credential yet; the oldest makes room")
      .range(1, 100000);
  shape.optional("strangers_per_address", &HttpLimits::strangersOfOneAddress, "of them from one address")
      .range(1, 100000);
  // "At most 10 s" is what the contracts say to clients.
  shape
      .optional("first_message_timeout_ms", &HttpLimits::strangerTime,
                "for the first message of who showed no credential; later: close 4401")
      .range(100, 10000);
}

}  // namespace tagwire::ws
