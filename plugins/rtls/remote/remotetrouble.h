// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace tagwire::rtls {

/// How a connection to another site ended, as far as the socket knows.
struct RemoteEnd {
  bool wasOpen = false;
  int closeCode = 0;    ///< of the WebSocket; means nothing before it was open
  QString closeReason;  ///< what the other site said
  QString error;        ///< what the socket says
  QString certificate;  ///< what is wrong with the other site's certificate; empty when nothing is
};

/// Why there is no connection and what to do about it, for people. Nothing the other site said can do harm in a
/// terminal.
QString troubleText(const RemoteEnd &end);

}  // namespace tagwire::rtls
