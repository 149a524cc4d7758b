// SPDX-License-Identifier: Apache-2.0
#include "authenticator.h"

namespace tagwire::ws {

namespace {

CallerPointer makeAnonymous(const WsConfig &config) {
  if (!config.auth || config.auth->anonymous.isEmpty()) return nullptr;
  auto caller = std::make_shared<Caller>();
  caller->name = QStringLiteral("anonymous");
  caller->permissions = *Permissions::fromTexts(config.auth->anonymous);
  return caller;
}

Refusal wrongCredential() { return {403, QStringLiteral("this credential does not hold"), {}}; }

}  // namespace

Authenticator::Authenticator(const WsConfig &config, PluginContext &context)
    : m_context(context),
      m_admission(config.allowedOrigins, config.trustedProxies),
      m_anonymous(makeAnonymous(config)) {}

Authenticator::~Authenticator() = default;

CallerPointer Authenticator::anonymous(const Request &request, const Sender &sender) const {
  return m_anonymous && m_admission.isLocal(request, sender) ? m_anonymous : nullptr;
}

tl::expected<CallerPointer, Refusal> Authenticator::identify(const Request &request, const Sender &sender) const {
  const int headers = request.count("authorization");
  if (headers > 1) return tl::unexpected(Refusal{400, QStringLiteral("more than one Authorization"), {}});
  if (headers == 0) return anonymous(request, sender);
  const QByteArray credential = request.field("authorization");
  if (!credential.left(7).toLower().startsWith("bearer ")) {
    return tl::unexpected(Refusal{403, QStringLiteral("of the schemes of Authorization only Bearer is taken"), {}});
  }
  const auto caller = identify(QString::fromLatin1(credential.mid(7).trimmed()));
  if (!caller) return tl::unexpected(wrongCredential());
  return *caller;
}

Result<CallerPointer> Authenticator::identify(const QString &) const {
  return failure(QStringLiteral("this credential does not hold"));
}

CallerPointer Authenticator::current(const CallerPointer &caller) const {
  if (caller->expires && m_context.clock().now() >= *caller->expires) return nullptr;
  return caller;
}

std::optional<Refusal> Authenticator::checkWrite(const Request &, const Caller &) const { return std::nullopt; }

bool Authenticator::refresh() { return false; }

}  // namespace tagwire::ws
