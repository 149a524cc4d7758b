// SPDX-License-Identifier: Apache-2.0
#include "auth/rolebook.h"

#include <QSet>

namespace tagwire::ws {

namespace {

bool isSameList(const QList<QString> &one, const QList<QString> &other) {
  return QSet<QString>(one.begin(), one.end()) == QSet<QString>(other.begin(), other.end());
}

}  // namespace

std::shared_ptr<RoleBook> RoleBook::of(PluginContext &context) {
  return context.shared<RoleBook>("roles", [] { return std::make_shared<RoleBook>(); });
}

void RoleBook::check(const WsConfig &config, PluginContext &context, ConfigReader &reader) {
  if (!config.auth) return;
  const auto book = of(context);
  const Own &roles = config.auth->roles;
  for (auto others = book->m_own.cbegin(); others != book->m_own.cend(); ++others) {
    if (others.key() == context.id()) continue;
    for (auto role = roles.cbegin(); role != roles.cend(); ++role) {
      const auto other = others->constFind(role.key());
      if (other == others->cend() || isSameList(*other, *role)) continue;
      reader.error(QStringLiteral("auth.roles.%1").arg(role.key()),
                   QStringLiteral("%1 defines role %2 otherwise than %3 (allowed: the same permissions, or the role in "
                                  "one of them: gateways share users and roles)")
                       .arg(context.id(), role.key(), others.key()));
    }
  }
  book->enter(context.id(), roles);
}

void RoleBook::enter(const QString &instance, const Own &own) {
  m_own.insert(instance, own);
  settle();
}

void RoleBook::leave(const QString &instance) {
  m_own.remove(instance);
  settle();
}

void RoleBook::settle() {
  m_roles = Roles();
  for (const Own &own : std::as_const(m_own)) (void)m_roles.add(own);
}

}  // namespace tagwire::ws
