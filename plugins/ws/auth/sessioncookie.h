// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "http/request.h"
#include "result.h"

namespace tagwire::ws {

/// The cookie that holds a browser session's token, as text (RFC 6265). Plain value.
class SessionCookie {
 public:
  /// `overTls`: the browser speaks TLS, to us or to a trusted proxy. Then the name begins with __Host-, so that no page
  /// of another host and no plain connection can plant one.
  /// `site` tells it from those of other programs on the same host: browsers know hosts, not ports.
  SessionCookie(bool overTls, QByteArray site) : m_overTls(overTls), m_site(std::move(site)) {}

  QByteArray name() const;
  /// Values of Set-Cookie. `life` under a second is a second.
  QByteArray setting(const QByteArray &token, std::chrono::seconds life) const;
  QByteArray clearing() const;
  /// The token that a request brings; empty when it has none. Errors: more than one Cookie field or more than one
  /// cookie of our name (somebody else has planted the other), or characters that no token of ours has.
  Result<QByteArray> tokenOf(const Request &request) const;

 private:
  QByteArray attributes(std::chrono::seconds life) const;

  bool m_overTls;
  QByteArray m_site;
};

}  // namespace tagwire::ws
