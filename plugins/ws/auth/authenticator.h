// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/caller.h"
#include "context.h"
#include "http/admission.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// Tells who sends a request, by its Authorization header, its session cookie, or the lack of both (spec, "Where a
/// credential may stand"). Deny by default. Thread-bound; owned by the gateway.
class Authenticator {
 public:
  Authenticator(const WsConfig &config, PluginContext &context);
  ~Authenticator();

  /// The caller; null when there is no credential and none of the anonymous permissions applies. Refusals: a credential
  /// that does not hold, or is no credential.
  tl::expected<CallerPointer, Refusal> identify(const Request &request, const Sender &sender) const;
  /// The caller of a first message's `access_token`. Errors never tell more than that it does not hold.
  Result<CallerPointer> identify(const QString &accessToken) const;
  /// What a credential stands for now: the same pointer when nothing changed, null when it was revoked or has expired.
  CallerPointer current(const CallerPointer &caller) const;
  /// Why a browser's session may not write with this request (cross-site request forgery); nothing when it may.
  std::optional<Refusal> checkWrite(const Request &request, const Caller &caller) const;

  /// Looks whether tokens or users changed; once a second. True when open connections have to be looked at again.
  bool refresh();

 private:
  CallerPointer anonymous(const Request &request, const Sender &sender) const;

  PluginContext &m_context;
  Admission m_admission;
  CallerPointer m_anonymous;  ///< null: nobody gets in without a credential
};

}  // namespace tagwire::ws
