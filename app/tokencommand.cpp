// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QRegularExpression>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "access/tokenstore.h"
#include "accessverb.h"

namespace tagwire {

namespace {

const auto allowOption = QStringLiteral("allow");
const auto expiresOption = QStringLiteral("expires");

/// Who made a token, for those who list them later.
QString whoWeAre() {
  const passwd *entry = ::getpwuid(::getuid());
  return QStringLiteral("command line, ") +
         (entry ? QString::fromLocal8Bit(entry->pw_name) : QStringLiteral("uid %1").arg(::getuid()));
}

Result<Time> expiryOf(const QString &text, Time now) {
  static const QRegularExpression duration(QStringLiteral("\\A([1-9][0-9]{0,7})([mhd])\\z"));
  constexpr int longestDays = 36'500;
  if (const auto match = duration.match(text); match.hasMatch()) {
    const QString unit = match.captured(2);
    const int minutesPerUnit = unit == u'm' ? 1 : unit == u'h' ? 60 : 24 * 60;
    const std::chrono::minutes minutes(match.captured(1).toLongLong() * minutesPerUnit);
    if (minutes <= std::chrono::hours(24) * longestDays) return now + minutes;
    return failure(QStringLiteral("--expires: \"%1\" is too long (allowed: up to %2d)").arg(text).arg(longestDays));
  }
  if (const auto time = fromIso(text)) return *time;
  return failure(
      QStringLiteral("--expires: \"%1\" is no time (allowed: as in 90d, 12h, 30m, 2030-12-31, 2030-12-31T18:00:00Z)")
          .arg(text.left(40)));
}

/// What `token create` was asked for. Several permissions may follow one --allow; they have a colon, a name has none.
struct TokenRequest {
  QString name;
  Permissions permissions;
  std::optional<Time> expires;

  static Result<TokenRequest> fromArguments(const Arguments &arguments, Time now);
};

Result<TokenRequest> TokenRequest::fromArguments(const Arguments &arguments, Time now) {
  TokenRequest request;
  QStringList allowed = arguments.values(allowOption);
  if (allowed.isEmpty()) return failure(QStringLiteral("--allow is due, as in --allow points:read"));
  for (const QString &each : arguments.rest()) {
    if (request.name.isEmpty() && !each.contains(u':')) {
      request.name = each;
    } else {
      allowed << each;
    }
  }
  if (request.name.isEmpty())
    return failure(QStringLiteral("a name for the token is due (allowed: letters, digits, _ . -)"));
  const auto permissions = Permissions::fromTexts(allowed);
  if (!permissions) return failure(permissions.error());
  request.permissions = *permissions;
  // An empty one too is no time: it would be a variable that a script forgot to set.
  if (!arguments.values(expiresOption).isEmpty()) {
    const auto expires = expiryOf(arguments.value(expiresOption), now);
    if (!expires) return failure(expires.error());
    request.expires = *expires;
  }
  return request;
}

bool printsWhole(const QByteArray &line) {
  return std::fputs((line + '\n').constData(), stdout) >= 0 && std::fflush(stdout) == 0;
}

AuditEntry tokenEntry(const char *action, const QString &name) {
  AuditEntry entry;
  entry.kind = QStringLiteral("token");
  entry.action = QLatin1String(action);
  entry.subject = name;
  return entry;
}

int makeToken(const TokenRequest &request, Time now, const AccessPlace &place) {
  TokenStore store(place.dataDir);
  const auto text = store.create(request.name, request.permissions, request.expires, now, whoWeAre());
  if (!text) return exitCodeOf(text.error());
  if (!printsWhole(*text)) {
    const bool isGone = store.revoke(request.name).has_value();
    printError(QStringLiteral("the token can't be written to stdout%1")
                   .arg(isGone ? QStringLiteral(", so it was revoked again") : QString()));
    return exitcode::cannotWrite;
  }
  printError(QStringLiteral("Token \"%1\" (%2), %3, is in %4. It is shown this once: only its hash is kept.")
                 .arg(request.name, request.permissions.texts().join(QLatin1String(", ")),
                      request.expires ? QStringLiteral("expires ") + toIso(*request.expires, 0)
                                      : QStringLiteral("never expires"),
                      place.dataDir));
  return exitcode::ok;
}

int createToken(const Arguments &arguments, const AccessPlace &place) {
  const Time now = Clock().now();
  const auto request = TokenRequest::fromArguments(arguments, now);
  if (!request) {
    printError(request.error());
    return exitcode::usage;
  }
  AuditEntry entry = tokenEntry("create", request->name);
  entry.details = {{QStringLiteral("permissions"), QJsonArray::fromStringList(request->permissions.texts())},
                   {QStringLiteral("expires"), request->expires ? QJsonValue(toIso(*request->expires)) : QJsonValue()}};
  return place.record(entry, [&] { return makeToken(*request, now, place); });
}

int listTokens(const Arguments &, const AccessPlace &place) {
  TokenStore store(place.dataDir);
  store.refresh();
  if (!store.problem().isEmpty()) return exitCodeOf({AccessError::Kind::Unavailable, store.problem()});
  if (store.list().isEmpty()) {
    printError(QStringLiteral("There are no tokens in %1.").arg(place.dataDir));
    return exitcode::ok;
  }
  const Time now = Clock().now();
  QList<QStringList> lines{
      {QStringLiteral("NAME"), QStringLiteral("PERMISSIONS"), QStringLiteral("CREATED"), QStringLiteral("EXPIRES")}};
  for (const AccessToken &token : store.list()) {
    const QString expires = token.expires ? toIso(*token.expires, 0) : QStringLiteral("never");
    lines.append({token.name, token.permissions.texts().join(u','), toIso(token.created, 0),
                  token.hasExpired(now) ? expires + QStringLiteral(" (expired)") : expires});
  }
  std::fputs(aligned(lines).constData(), stdout);
  return exitcode::ok;
}

int revokeToken(const Arguments &arguments, const AccessPlace &place) {
  const QString name = arguments.rest().first();
  return place.record(tokenEntry("revoke", name), [&] {
    if (const auto revoked = TokenStore(place.dataDir).revoke(name); !revoked) return exitCodeOf(revoked.error());
    printError(QStringLiteral("Token \"%1\" is revoked.").arg(name));
    return exitcode::ok;
  });
}

constexpr std::array tokenVerbs{
    AccessVerb{
        "create", "NAME --allow PERMISSION… [--expires WHEN]",
        "Makes a token for a device or a service and prints it, alone, on stdout. It is shown this once.\n"
        "  --allow PERMISSION…  what it allows, as in device:ems_001:publish, points:read, 'points:boiler/*:read'\n"
        "  --expires WHEN       in 90d, 12h or 30m; at 2030-12-31 (0:00 UTC) or 2030-12-31T18:00:00Z; else never",
        "allow expires", 1, 1000, createToken, "", true},
    AccessVerb{"list", "", "Prints name, permissions, time of making and of expiry of each token.", "", 0, 0,
               listTokens},
    AccessVerb{"revoke", "NAME",
               "Takes a token back. A running instance notices within a second, and closes what is open with it.", "",
               1, 1, revokeToken},
};

}  // namespace

int tokenCommand(const QStringList &given) { return runVerb("token", tokenVerbs, given); }

}  // namespace tagwire
