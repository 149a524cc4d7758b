// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include <vector>

#include "moment.h"
#include "presence.h"
#include "result.h"

namespace tagwire::rtls {

/// Who is in which omlox fence, as it is kept over a restart. Every Moment::elapsed is on the clock that said `saved`.
/// Plain value.
struct HubStays {
  static constexpr size_t most = 200'000;

  struct Stay {
    QString tag;
    QString fence;
    Presence presence;
    Time entered;
    friend bool operator==(const Stay &, const Stay &) = default;
  };
  Moment saved;
  std::vector<Stay> stays;
};

QByteArray toBytes(const HubStays &stays);
/// `saved.elapsed` is 0 then. Errors say what is wrong with it.
Result<HubStays> hubStaysFromBytes(const QByteArray &bytes);

}  // namespace tagwire::rtls
