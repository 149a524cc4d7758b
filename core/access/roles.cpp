// SPDX-License-Identifier: Apache-2.0
#include "roles.h"

#include <array>

#include "../configlocation.h"
#include "accessfile.h"

namespace tagwire {

namespace {

struct BuiltIn {
  const char *name;
  const char *permissions;  ///< separated by spaces
};
constexpr std::array builtIns{
    BuiltIn{"viewer", "*:read"},
    // A trip can be reset only once what caused it is over: who runs the plant may do that, or nights would stand
    // still.
    BuiltIn{"operator", "*:read alarms:ack alarms:shelve commands:write interlocks:reset"},
    BuiltIn{"engineer",
            "*:read alarms:ack alarms:shelve commands:write interlocks:reset alarms:admin rooms:write history:write "
            "config:read"},
    BuiltIn{"admin", "*:*"}};

QStringList builtInNames() {
  QStringList names;
  for (const BuiltIn &each : builtIns) names << QString::fromLatin1(each.name);
  return names;
}

}  // namespace

QString ownRoleProblem(const QString &name) {
  if (!builtInNames().contains(name)) return accessNameProblem(name);
  return QStringLiteral("\"%1\" is a built-in role (allowed: any name but %2)")
      .arg(name, builtInNames().join(QLatin1String(", ")));
}

Roles::Roles() = default;

Result<void> Roles::add(const QMap<QString, QStringList> &own) {
  for (auto each = own.begin(); each != own.end(); ++each) {
    if (const QString wrong = ownRoleProblem(each.key()); !wrong.isEmpty()) return failure(wrong);
    const auto permissions = Permissions::fromTexts(*each);
    if (!permissions) return failure(QStringLiteral("role %1: %2").arg(each.key(), permissions.error()));
    m_own.insert(each.key(), *permissions);
  }
  return {};
}

Result<Permissions> Roles::permissionsOf(const QString &role) const {
  for (const BuiltIn &each : builtIns) {
    if (role == QLatin1String(each.name)) {
      return Permissions::fromTexts(QString::fromLatin1(each.permissions).split(u' '));
    }
  }
  if (const auto found = m_own.constFind(role); found != m_own.constEnd()) return *found;
  return failure(QStringLiteral("unknown role \"%1\"%2 (allowed: %3)")
                     .arg(role.left(70), didYouMean(role.left(70), names()), names().join(QLatin1String(", "))));
}

QStringList Roles::names() const { return builtInNames() + m_own.keys(); }

}  // namespace tagwire
