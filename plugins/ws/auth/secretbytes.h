// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include "result.h"

namespace tagwire::ws {

/// From the system's generator of secrets. The error is that it has failed.
Result<QByteArray> randomBytes(qsizetype count);

/// Takes as long for a near miss as for a wild guess. Differing lengths are told at once.
bool isSameSecret(QByteArrayView one, QByteArrayView other);

/// Without padding.
QByteArray toBase64Url(QByteArrayView bytes);
/// Null unless `text` is exactly what toBase64Url() makes: one text for the same bytes, no padding, no spare bits.
QByteArray fromBase64Url(const QByteArray &text);

}  // namespace tagwire::ws
