// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "access/accessfile.h"
#include "auth/caller.h"
#include "context.h"
#include "http/response.h"

namespace tagwire::ws {

/// What a store refused, as an answer: 400, 403, 404, 409 or 503. What went wrong with the file of `what` ("tokens") is
/// told to the log alone.
Response accessError(const AccessError &error, const char *what, const PluginContext &context);
/// Why a caller may not make a credential that lasts until `expires` (nothing: for good): it would outlive theirs. A
/// user can log in again, so theirs does not count as one that expires.
std::optional<Refusal> outlivesCaller(const Caller &caller, std::optional<Time> expires);
/// The one answer that holds a new token: 201, and nobody may keep it.
Response newTokenResponse(QJsonObject json, const QByteArray &token);
/// The object that a request's body has to be, with these keys only; errors say what is wrong.
Result<QJsonObject> readBody(const QByteArray &body, const QStringList &keys);
/// Text of a body under `key`, 1 to `longest` characters.
Result<QString> readText(const QJsonObject &body, const char *key, qsizetype longest);

}  // namespace tagwire::ws
