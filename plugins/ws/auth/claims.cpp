// SPDX-License-Identifier: Apache-2.0
#include "auth/claims.h"

#include <QList>

#include <algorithm>

namespace tagwire::ws {

namespace {

constexpr qint64 lastSecond = 9'000'000'000;  // Time ends in 2262; milliseconds taken for seconds lie far behind it

QString quoted(const char *name) { return u'`' + QString::fromLatin1(name) + u'`'; }

tl::unexpected<QString> missing(const char *name) { return failure(quoted(name) + QStringLiteral(" is missing")); }

bool isShown(char32_t character) {
  const QChar::Category category = QChar::category(character);
  return QChar::isPrint(character) && category != QChar::Separator_Line && category != QChar::Separator_Paragraph;
}

}  // namespace

JsonPointer parseObject(const QByteArray &text) {
  JsonPointer json(json_loadb(text.constData(), static_cast<size_t>(text.size()), JSON_REJECT_DUPLICATES, nullptr));
  if (!json_is_object(json.get())) return nullptr;
  return json;
}

QString toText(const json_t *string) {
  return QString::fromUtf8(json_string_value(string), static_cast<qsizetype>(json_string_length(string)));
}

Result<std::optional<QString>> textClaim(const json_t *claims, const char *name) {
  const json_t *value = json_object_get(claims, name);
  if (!value) return std::optional<QString>();
  if (!json_is_string(value)) return failure(quoted(name) + QStringLiteral(" is no text"));
  return std::optional(toText(value));
}

Result<std::optional<Time>> timeClaim(const json_t *claims, const char *name) {
  const json_t *value = json_object_get(claims, name);
  if (!value) return std::optional<Time>();
  const double seconds = json_number_value(value);
  if (!json_is_number(value) || seconds < 0 || seconds > lastSecond) {
    return failure(quoted(name) + QStringLiteral(" is no time (allowed: seconds since 1970)"));
  }
  const std::chrono::duration<double> since1970(seconds);
  return std::optional(Time(std::chrono::duration_cast<Time::duration>(since1970)));
}

Result<QString> requiredText(const json_t *claims, const char *name) {
  const auto text = textClaim(claims, name);
  if (!text) return failure(text.error());
  if (!*text) return missing(name);
  return **text;
}

Result<Time> requiredTime(const json_t *claims, const char *name) {
  const auto time = timeClaim(claims, name);
  if (!time) return failure(time.error());
  if (!*time) return missing(name);
  return **time;
}

bool isName(const QString &text, qsizetype longest) {
  const auto characters = text.toUcs4();
  return !text.isEmpty() && text.size() <= longest &&
         std::all_of(characters.begin(), characters.end(), [](uint each) { return isShown(each); });
}

}  // namespace tagwire::ws
