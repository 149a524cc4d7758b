// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/message.h"

namespace tagwire::alarms {

/// A message as a mail (RFC 5322 and 2045 to 2047): ASCII with CRLF, the text as UTF-8 in base64. Its Message-ID is the
/// same at each attempt.
QByteArray mailText(const Message &message, const NotificationTarget &target);

}  // namespace tagwire::alarms
