// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spoolfolder.h"

namespace tagwire::spool {

/// Keeps a spool within its bounds, by its overflow policy. Thread-bound to the adding side.
class SpoolRoom {
 public:
  SpoolRoom(SpoolFolder &folder, SpoolLedger &ledger);

  /// At this size a segment of the stream is closed: small enough that a few of them fit.
  qint64 segmentBytes(Stream stream) const;
  /// Makes room for one more segment. Errors: there is none for events.
  Result<void> make(Stream stream);
  bool isEventsFull() const;

 private:
  qint64 eventBytes() const;
  bool isTight() const;
  bool giveUpSome();
  bool thin(const SpoolLedger::Candidate &candidate);
  void drop(const SpoolLedger::Candidate &candidate);

  SpoolFolder &m_folder;
  SpoolLedger &m_ledger;
};

}  // namespace tagwire::spool
