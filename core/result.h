// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <tl/expected.hpp>

namespace tagwire {

/// A value, or the text of what went wrong, for a person to read.
template <class T>
using Result = tl::expected<T, QString>;

/// `return failure(QStringLiteral("port %1 is busy").arg(port));`
inline tl::unexpected<QString> failure(QString text) { return tl::unexpected<QString>(std::move(text)); }

}  // namespace tagwire
