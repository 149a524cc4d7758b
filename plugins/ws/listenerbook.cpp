// SPDX-License-Identifier: Apache-2.0
#include "listenerbook.h"

namespace tagwire::ws {

void ListenerBook::leave(const QString &instance) {
  reachable.removeAll(instance);
  anonymous.removeAll(instance);
}

std::shared_ptr<ListenerBook> ListenerBook::join(const WsConfig &config, PluginContext &context, ConfigReader &reader) {
  const auto book = context.shared<ListenerBook>("listeners", [] { return std::make_shared<ListenerBook>(); });
  // Null: it could not be read, which is an error of its own.
  const bool isReachable = !config.listen.address.isNull() && !config.listen.isLoopback();
  const bool hasAnonymous = config.auth && !config.auth->anonymous.isEmpty();
  if (isReachable) book->reachable << context.id();
  if (hasAnonymous) book->anonymous << context.id();
  if ((!isReachable && !hasAnonymous) || book->reachable.isEmpty() || book->anonymous.isEmpty()) return book;
  reader.error(hasAnonymous ? QStringLiteral("auth.anonymous") : QStringLiteral("listen"),
               QStringLiteral("access without a credential (auth.anonymous of %1) is for loopback only, and %2 can be "
                              "reached from other machines (allowed: take auth.anonymous out and use tokens and users, "
                              "or listen on 127.0.0.1)")
                   .arg(book->anonymous.join(QStringLiteral(", ")), book->reachable.join(QStringLiteral(", "))));
  return book;
}

}  // namespace tagwire::ws
