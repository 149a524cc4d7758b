// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace tagwire::ws {

/// One cell of a CSV file, quoted where need be; what a spreadsheet would run as a formula is made text.
QByteArray csvCell(const QString &text);
/// The same, exact but for a ' in front of = + - @ at its beginning, also behind blanks. An import takes one ' off in
/// front of these; one that the text has there itself gets another, so that nothing is lost.
QByteArray csvTextCell(const QString &text);
/// The same, exact: for what is no formula and what programs read.
QByteArray csvPlainCell(const QString &text);

}  // namespace tagwire::ws
