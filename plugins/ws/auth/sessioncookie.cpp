// SPDX-License-Identifier: Apache-2.0
#include "auth/sessioncookie.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

constexpr qsizetype longestToken = 4096;  // browsers keep no larger cookie

bool isTokenText(const QByteArray &text) {
  return !text.isEmpty() && text.size() <= longestToken && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

QByteArray SessionCookie::name() const { return (m_overTls ? "__Host-tagwire_session_" : "tagwire_session_") + m_site; }

QByteArray SessionCookie::attributes(std::chrono::seconds life) const {
  return "; HttpOnly; SameSite=Strict; Path=/; Max-Age=" + QByteArray::number(static_cast<qint64>(life.count())) +
         (m_overTls ? "; Secure" : "");
}

QByteArray SessionCookie::setting(const QByteArray &token, std::chrono::seconds life) const {
  return name() + '=' + token + attributes(std::max(life, std::chrono::seconds(1)));
}

QByteArray SessionCookie::clearing() const { return name() + '=' + attributes(std::chrono::seconds(0)); }

Result<QByteArray> SessionCookie::tokenOf(const Request &request) const {
  QByteArrayList headers;
  for (const auto &[field, value] : request.fields) {
    if (field == "cookie") headers << value;
  }
  if (headers.size() > 1) return failure(QStringLiteral("more than one Cookie field (allowed: one)"));
  QByteArrayList tokens;
  const QByteArray ours = name();
  for (const QByteArray &pair : headers.value(0).split(';')) {
    const qsizetype equals = pair.indexOf('=');
    if (equals >= 0 && pair.left(equals).trimmed() == ours) tokens << pair.mid(equals + 1).trimmed();
  }
  if (tokens.isEmpty()) return QByteArray();
  if (tokens.size() > 1) return failure(QStringLiteral("more than one session cookie (allowed: one)"));
  if (!isTokenText(tokens[0])) return failure(QStringLiteral("the session cookie holds no token"));
  return tokens[0];
}

}  // namespace tagwire::ws
