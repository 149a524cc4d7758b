// SPDX-License-Identifier: Apache-2.0
// The JSON of a token, read strictly: one object, no key twice, valid UTF-8, no NUL. Errors are short and hold nothing
// of the token.
#pragma once

#include <jansson.h>

#include <QByteArray>
#include <QString>

#include <memory>
#include <optional>

#include "result.h"
#include "timestamp.h"

namespace tagwire::ws {

struct JsonRelease {
  void operator()(json_t *json) const { json_decref(json); }
};
using JsonPointer = std::unique_ptr<json_t, JsonRelease>;

/// Null when it is not such an object.
JsonPointer parseObject(const QByteArray &text);

/// A claim that is a text; nothing when it is absent.
Result<std::optional<QString>> textClaim(const json_t *claims, const char *name);
/// A claim in seconds since 1970, maybe with a fraction, up to the year 2255; nothing when it is absent.
Result<std::optional<Time>> timeClaim(const json_t *claims, const char *name);
/// The same, but absent is an error too.
Result<QString> requiredText(const json_t *claims, const char *name);
Result<Time> requiredTime(const json_t *claims, const char *name);

/// The text of a JSON string.
QString toText(const json_t *string);
/// Not empty, at most `longest` characters, each of which can be seen (spaces too): fit to be shown as somebody's name.
bool isName(const QString &text, qsizetype longest);

}  // namespace tagwire::ws
