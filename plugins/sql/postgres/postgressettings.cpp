// SPDX-License-Identifier: Apache-2.0
#include "postgressettings.h"

#include <QUrl>
#include <QUrlQuery>

namespace tagwire::sql {

namespace {

constexpr int longestSchemaName = 63;  // PostgreSQL cuts longer ones

Result<void> take(PostgresLocation &location, const QString &key, const QString &value) {
  static const QStringList modes{QStringLiteral("disable"), QStringLiteral("allow"),     QStringLiteral("prefer"),
                                 QStringLiteral("require"), QStringLiteral("verify-ca"), QStringLiteral("verify-full")};
  if (value.isEmpty()) return failure(QStringLiteral("'%1' has no value").arg(key));
  if (key == u"sslmode") {
    if (!modes.contains(value)) {
      return failure(QStringLiteral("sslmode is one of %1").arg(modes.join(QStringLiteral(", "))));
    }
    location.sslMode = value;
  } else if (key == u"sslrootcert") {
    location.sslRootCertificate = value;
  } else if (key == u"schema") {
    if (value.size() > longestSchemaName) return failure(QStringLiteral("a schema has at most 63 characters"));
    location.schema = value;
  } else if (key == u"host") {
    location.host = value;
  } else if (key == u"password") {
    return failure(QStringLiteral("a password does not belong in the URL: there is the key 'password' for it"));
  } else {
    return failure(QStringLiteral("'%1' is not known (allowed: host, schema, sslmode, sslrootcert)").arg(key.left(64)));
  }
  return {};
}

// QUrl admits no '/' in a host, not even encoded; so the folder of a socket is moved to where it may stand.
QString withoutSocketFolder(QString url, QString &folder) {
  const qsizetype begin = url.indexOf(u"://") + 3;
  qsizetype end = url.indexOf(u'/', begin);
  if (end < 0) end = url.size();
  const qsizetype at = url.lastIndexOf(u'@', end - 1);
  const qsizetype host = at >= begin ? at + 1 : begin;
  if (!QStringView(url).mid(host).startsWith(u"%2f", Qt::CaseInsensitive)) return url;
  qsizetype colon = url.indexOf(u':', host);
  if (colon < 0 || colon > end) colon = end;
  folder = QUrl::fromPercentEncoding(url.mid(host, colon - host).toUtf8());
  return url.replace(host, colon - host, QStringLiteral("localhost"));
}

}  // namespace

QString PostgresLocation::toText() const {
  const QString who = user.isEmpty() ? QString() : user + u'@';
  return QStringLiteral("%1%2:%3/%4").arg(who, host).arg(port).arg(database);
}

Result<PostgresLocation> postgresLocation(const QString &text) {
  static const QString form = QStringLiteral("postgresql://user@host:5432/database?sslmode=verify-full");
  if (!text.startsWith(u"postgresql://")) return failure(QStringLiteral("it begins with postgresql:// (%1)").arg(form));
  PostgresLocation location;
  QString folder;
  const QUrl url(withoutSocketFolder(text, folder), QUrl::StrictMode);
  // QUrl's own error would repeat the URL.
  if (!url.isValid()) return failure(QStringLiteral("this is no URL of the form %1").arg(form));
  if (!url.password().isNull())
    return take(location, QStringLiteral("password"), QStringLiteral("-")).map([&] { return location; });
  if (url.hasFragment()) return failure(QStringLiteral("'#' has no meaning here (form: %1)").arg(form));
  location.user = url.userName(QUrl::FullyDecoded);
  if (!url.host().isEmpty()) location.host = url.host();
  if (!folder.isEmpty()) location.host = folder;
  location.port = url.port(5432);
  if (location.port < 1) return failure(QStringLiteral("the port is 1 to 65535"));
  location.database = url.path(QUrl::FullyDecoded).mid(1);
  if (location.database.isEmpty() || location.database.contains(u'/')) {
    return failure(QStringLiteral("it names one database (form: %1)").arg(form));
  }
  const auto items = QUrlQuery(url).queryItems(QUrl::FullyDecoded);
  for (const auto &[key, value] : items) {
    if (const auto taken = take(location, key, value); !taken) return failure(taken.error());
  }
  return location;
}

}  // namespace tagwire::sql
