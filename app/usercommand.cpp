// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>

#include "access/userstore.h"
#include "accessverb.h"

namespace tagwire {

namespace {

const auto roleOption = QStringLiteral("role");

int usageError(const QString &text) {
  printError(text);
  return exitcode::usage;
}

/// The role that was asked for, if there is one of that name.
Result<QString> roleOf(const Arguments &arguments, const AccessPlace &place) {
  const QString role = arguments.value(roleOption);
  const QString known = place.roles.names().join(QLatin1String(", "));
  if (role.isEmpty()) return failure(QStringLiteral("--role is due (allowed: %1)").arg(known));
  const auto permissions = place.roles.permissionsOf(role);
  if (permissions) return role;
  return failure(permissions.error() + (place.isOfManifest
                                            ? QString()
                                            : QStringLiteral("; a manifest's own roles are known with --manifest")));
}

/// The store, if it can be read, and if there is, or is not, a user of this name: told before a password is asked for.
AccessResult<UserStore> storeFor(const AccessPlace &place, const QString &name, bool isThere) {
  using enum AccessError::Kind;
  UserStore store(place.dataDir);
  store.refresh();
  if (!store.problem().isEmpty()) return refused(Unavailable, store.problem());
  if (const QString wrong = accessNameProblem(name); !wrong.isEmpty()) return refused(Wrong, wrong);
  if (store.find(name).has_value() == isThere) return store;
  return isThere ? refused(Unknown, QStringLiteral("there is no user \"%1\"").arg(name))
                 : refused(Taken, QStringLiteral("there is a user \"%1\" already").arg(name));
}

/// Prints the outcome of a change.
int tell(const AccessResult<void> &changed, const QString &done) {
  if (!changed) return exitCodeOf(changed.error());
  printError(done);
  return exitcode::ok;
}

AuditEntry userEntry(const char *action, const QString &name, const QJsonObject &details = {}) {
  AuditEntry entry;
  entry.kind = QStringLiteral("user");
  entry.action = QLatin1String(action);
  entry.subject = name;
  entry.details = details;
  return entry;
}

int addUser(const Arguments &arguments, const AccessPlace &place) {
  const QString name = arguments.rest().first();
  const auto role = roleOf(arguments, place);
  if (!role) return usageError(role.error());
  auto store = storeFor(place, name, false);
  if (!store) return exitCodeOf(store.error());
  const auto password = readPassword(name);
  if (!password) return usageError(password.error());
  return place.record(userEntry("create", name, {{roleOption, *role}}), [&] {
    return tell(store->add(name, *role, *password, Clock().now()),
                QStringLiteral("User \"%1\" with role %2 is in %3.").arg(name, *role, place.dataDir));
  });
}

int listUsers(const Arguments &, const AccessPlace &place) {
  UserStore store(place.dataDir);
  store.refresh();
  if (!store.problem().isEmpty()) return exitCodeOf({AccessError::Kind::Unavailable, store.problem()});
  if (store.list().isEmpty()) {
    printError(QStringLiteral("There are no users in %1.").arg(place.dataDir));
    return exitcode::ok;
  }
  QList<QStringList> lines{{QStringLiteral("NAME"), QStringLiteral("ROLE"), QStringLiteral("CREATED")}};
  for (const User &user : store.list()) lines.append({user.name, user.role, toIso(user.created, 0)});
  std::fputs(aligned(lines).constData(), stdout);
  return exitcode::ok;
}

int removeUser(const Arguments &arguments, const AccessPlace &place) {
  const QString name = arguments.rest().first();
  return place.record(userEntry("remove", name), [&] {
    return tell(UserStore(place.dataDir).remove(name), QStringLiteral("User \"%1\" is removed.").arg(name));
  });
}

int changePassword(const Arguments &arguments, const AccessPlace &place) {
  const QString name = arguments.rest().first();
  auto store = storeFor(place, name, true);
  if (!store) return exitCodeOf(store.error());
  const auto password = readPassword(name);
  if (!password) return usageError(password.error());
  return place.record(userEntry("change", name, {{QStringLiteral("password"), true}}), [&] {
    return tell(store->setPassword(name, *password), QStringLiteral("User \"%1\" has a new password.").arg(name));
  });
}

int changeRole(const Arguments &arguments, const AccessPlace &place) {
  const QString name = arguments.rest().first();
  const auto role = roleOf(arguments, place);
  if (!role) return usageError(role.error());
  UserStore store(place.dataDir);
  store.refresh();
  const auto user = store.find(name);
  const QJsonObject details{{QStringLiteral("before"), user ? user->role : QString()},
                            {QStringLiteral("after"), *role}};
  return place.record(userEntry("change", name, details), [&] {
    return tell(store.setRole(name, *role), QStringLiteral("User \"%1\" has role %2 now.").arg(name, *role));
  });
}

constexpr std::array userVerbs{
    AccessVerb{
        "add", "NAME --role ROLE",
        "Adds somebody who may log in to the pages. The password, 10 to 1024 bytes, is asked for at the terminal\n"
        "or read from stdin, one line.\n"
        "  --role ROLE  viewer, operator, engineer, admin, or (with --manifest) one of the manifest's own",
        "role", 1, 1, addUser, "", true},
    AccessVerb{"list", "", "Prints name, role and time of making of each user.", "", 0, 0, listUsers},
    AccessVerb{"remove", "NAME", "Removes a user. A running instance notices within a second, and ends the sessions.",
               "", 1, 1, removeUser},
    AccessVerb{"password", "NAME",
               "Sets another password, asked for at the terminal or read from stdin, one line. Ends the sessions.", "",
               1, 1, changePassword},
    AccessVerb{"role", "NAME --role ROLE", "Gives a user another role. Ends the sessions.", "role", 1, 1, changeRole},
};

}  // namespace

int userCommand(const QStringList &given) { return runVerb("user", userVerbs, given); }

}  // namespace tagwire
