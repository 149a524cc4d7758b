// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QStringDecoder>

#include <bsd/readpassphrase.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "accessverb.h"

namespace tagwire {

namespace {

/// More than any password may have, so that a longer one is noticed and not cut off.
constexpr qint64 longestLine = 4096;

Result<QString> decoded(const QByteArray &bytes) {
  QStringDecoder decoder(QStringDecoder::Utf8);
  QString text = decoder(bytes);
  // What can't be decoded would become the same character in every password.
  if (decoder.hasError()) return failure(QStringLiteral("the password is no UTF-8 text"));
  return text;
}

/// Gives the terminal back as it was, also when the user interrupts.
Result<QString> typed(const QString &prompt) {
  std::array<char, longestLine> line{};
  if (!::readpassphrase(prompt.toUtf8().constData(), line.data(), line.size(), RPP_REQUIRE_TTY)) {
    return failure(QStringLiteral("no password was typed"));
  }
  const QByteArray bytes(line.data());
  ::explicit_bzero(line.data(), line.size());
  return decoded(bytes);
}

Result<QString> lineOfInput() {
  QFile input;
  if (!input.open(STDIN_FILENO, QIODevice::ReadOnly | QIODevice::Unbuffered)) {
    return failure(QStringLiteral("stdin can't be read"));
  }
  QByteArray line = input.readLine(longestLine);
  if (line.endsWith('\n')) line.chop(1);
  if (line.endsWith('\r')) line.chop(1);
  if (line.isEmpty())
    return failure(
        QStringLiteral("the password is due on stdin, as one line (allowed: `… < FILE`, `… | tagwire user …`, or "
                       "a terminal, where it is asked for)"));
  return decoded(line);
}

}  // namespace

Result<QString> readPassword(const QString &user) {
  if (::isatty(STDIN_FILENO) == 0) return lineOfInput();
  auto first = typed(QStringLiteral("Password for %1: ").arg(user));
  if (!first) return first;
  auto second = typed(QStringLiteral("Once more: "));
  if (second && *second != *first) return failure(QStringLiteral("the two passwords differ"));
  return second;
}

}  // namespace tagwire
