// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include <QStringDecoder>

#include <array>

namespace tagwire::ws {

namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<QString> decode(const QByteArray &text, bool plusIsBlank) {
  QByteArray bytes;
  bytes.reserve(text.size());
  for (qsizetype i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes.append(plusIsBlank && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hexDigit(text[i + 1]);
    const int low = hexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.append(static_cast<char>(high * 16 + low));
    i += 2;
  }
  QStringDecoder decoder(QStringDecoder::Utf8);
  const QString decoded = decoder(bytes);
  if (decoder.hasError()) return std::nullopt;
  for (const QChar c : decoded) {
    if (c.unicode() < 0x20 || c.unicode() == 0x7F) return std::nullopt;
  }
  return decoded;
}

/// Of a text that can be decoded: a comma is no part of a longer character, so each entry can be, too.
QStringList entriesOf(const QByteArray &text) {
  QStringList entries;
  for (const QByteArray &entry : text.split(',')) {
    if (!entry.isEmpty()) entries << decode(entry, true).value_or(QString());
  }
  return entries;
}

}  // namespace

Result<Target> Target::parse(const QByteArray &text) {
  const auto bad = [] { return failure(QStringLiteral("malformed request target")); };
  const qsizetype mark = text.indexOf('?');
  const QByteArray path = mark < 0 ? text : text.left(mark);
  if (!path.startsWith('/') || text.contains('#')) return bad();

  Target target;
  if (path.size() > 1) {
    for (const QByteArray &segment : path.mid(1).split('/')) {
      const auto decoded = decode(segment, false);
      if (!decoded) return bad();
      target.m_segments << *decoded;
    }
  }
  target.m_path = u'/' + target.m_segments.join(u'/');
  if (mark < 0) return target;
  for (const QByteArray &pair : text.mid(mark + 1).split('&')) {
    if (pair.isEmpty()) continue;
    const qsizetype equals = pair.indexOf('=');
    const auto key = decode(equals < 0 ? pair : pair.left(equals), true);
    const QByteArray written = equals < 0 ? QByteArray() : pair.mid(equals + 1);
    const auto value = decode(written, true);
    if (!key || !value) return bad();
    target.m_query.append({*key, *value});
    target.m_lists.append(entriesOf(written));
  }
  return target;
}

std::optional<QString> Target::value(const char *key) const {
  for (const auto &[name, value] : m_query) {
    if (name == QLatin1String(key)) return value;
  }
  return std::nullopt;
}

QStringList Target::values(const char *key) const {
  QStringList all;
  for (qsizetype i = 0; i < m_query.size(); ++i) {
    if (m_query[i].first == QLatin1String(key)) all += m_lists[i];
  }
  return all;
}

QStringList Target::words(const char *key) const {
  QStringList all;
  for (const auto &[name, value] : m_query) {
    if (name == QLatin1String(key)) all += value.split(u',', Qt::SkipEmptyParts);
  }
  return all;
}

Result<qint64> Target::wholeNumber(const char *key, qint64 lowest, qint64 highest, qint64 fallback) const {
  const auto text = value(key);
  if (!text) return fallback;
  bool ok = false;
  const qint64 number = text->toLongLong(&ok);
  if (ok && number >= lowest && number <= highest) return number;
  return failure(QStringLiteral("%1 is wrong (allowed: %2 to %3)").arg(QLatin1String(key)).arg(lowest).arg(highest));
}

bool Target::hasCredential() const {
  constexpr std::array keys{"token", "access_token", "api_key", "jwt"};
  for (const auto &each : m_query) {
    for (const char *key : keys) {
      if (each.first.trimmed().compare(QLatin1String(key), Qt::CaseInsensitive) == 0) return true;
    }
  }
  return false;
}

}  // namespace tagwire::ws
