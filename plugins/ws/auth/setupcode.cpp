// SPDX-License-Identifier: Apache-2.0
#include "setupcode.h"

#include <openssl/crypto.h>

#include "auth/secretbytes.h"

namespace tagwire::ws {

namespace {

/// Crockford's alphabet: nothing in it looks like anything else in it.
constexpr char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr qsizetype length = 16;  // of 5 bits each
constexpr qsizetype group = 4;
constexpr qsizetype longestTyped = 100;

QByteArray normalized(const QString &typed) {
  QByteArray code;
  for (const QChar each : typed.left(longestTyped).toUpper()) {
    if (each == u'-' || each.isSpace()) continue;
    code += each == u'O' ? '0' : each == u'I' || each == u'L' ? '1' : each.toLatin1();
  }
  return code;
}

}  // namespace

Result<QString> SetupCode::make() {
  if (m_isOver || isValid()) return QString();
  const auto bytes = randomBytes(length);
  if (!bytes) return failure(bytes.error());
  QString shown;
  for (qsizetype i = 0; i < length; ++i) {
    m_code += letters[static_cast<unsigned char>(bytes->at(i)) % 32];  // 256 is a multiple of 32: all are as likely
    if (i > 0 && i % group == 0) shown += u'-';
    shown += QLatin1Char(m_code.back());
  }
  return shown;
}

bool SetupCode::fits(const QString &typed) const { return isValid() && isSameSecret(normalized(typed), m_code); }

void SetupCode::end() {
  m_isOver = true;
  OPENSSL_cleanse(m_code.data(), static_cast<size_t>(m_code.size()));
  m_code.clear();
}

}  // namespace tagwire::ws
