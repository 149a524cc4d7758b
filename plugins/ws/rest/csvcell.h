// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace tagwire::ws {

/// One cell of a CSV file, quoted where need be; what a spreadsheet would run as a formula is made text.
QByteArray csvCell(const QString &text);

}  // namespace tagwire::ws
