// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/gisdata.h"

namespace tagwire::rtls {

/// The GISData (R1-10) of one line; `type` may be left out. Errors say what is wrong with it.
Result<IncomingFix> fixFromLine(const QByteArray &line, const QTimeZone &zone);

/// A refusal as an answer (R1-7), with the end of the line.
QByteArray refusalLine(const QString &reason);

}  // namespace tagwire::rtls
