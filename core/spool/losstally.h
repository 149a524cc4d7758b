// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/spool.h"

namespace tagwire::spool {

/// Gathers what was lost until it is told: the first at once, then what comes in a minute together, for a full spool
/// loses something all the time. Time is counted in the caller's seconds, from 1. Plain class.
class LossTally {
 public:
  static constexpr quint32 pause = 60;  ///< seconds between two tellings

  void add(const SpoolLoss &loss);
  /// What is to be told in this second, one of each stream and reason; with `atOnce` all that there is.
  QList<SpoolLoss> take(quint32 second, bool atOnce);
  /// Records that were told the last time; 0 when no loss followed for a pause.
  qint64 recent(quint32 second) const;
  void clear() { *this = {}; }

 private:
  QList<SpoolLoss> m_losses;
  qint64 m_told = 0;
  quint32 m_toldIn = 0;  ///< 0: never
};

}  // namespace tagwire::spool
