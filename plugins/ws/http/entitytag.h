// SPDX-License-Identifier: Apache-2.0
// Entity tags (RFC 9110, 8.8.3): by them a client asks for what it has not got yet.
#pragma once

#include <QByteArray>

namespace tagwire::ws {

/// Of this content, with its quotes.
QByteArray entityTagOf(const QByteArray &content);
/// Whether If-None-Match (then the answer is 304) or If-Match, as it was sent, names this tag. Also as a weak one: a
/// proxy that compresses makes it one.
bool namesTag(const QByteArray &sent, const QByteArray &tag);

}  // namespace tagwire::ws
