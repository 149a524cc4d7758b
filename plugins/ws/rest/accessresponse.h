// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "access/accessfile.h"
#include "http/response.h"

namespace tagwire::ws {

/// What a store refused, as an answer: 400, 404, 409 or 503.
Response accessError(const AccessError &error, Time now);
/// The one answer that holds a new token: 201, and nobody may keep it.
Response newTokenResponse(QJsonObject json, const QByteArray &token);
/// The object that a request's body has to be, with these keys only; errors say what is wrong.
Result<QJsonObject> readBody(const QByteArray &body, const QStringList &keys);
/// Text of a body under `key`, 1 to `longest` characters.
Result<QString> readText(const QJsonObject &body, const char *key, qsizetype longest);

}  // namespace tagwire::ws
