// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

namespace tagwire::rtls {

/// Media type by the file's ending; empty when it is none of PNG, JPEG and SVG.
QByteArray planTypeOf(const QString &path);

}  // namespace tagwire::rtls
