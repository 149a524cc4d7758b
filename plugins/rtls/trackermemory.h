// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include <vector>

#include "moment.h"
#include "presence.h"
#include "result.h"
#include "value.h"

namespace tagwire::rtls {

/// What a Tracker keeps over a restart. Every Moment::elapsed is on the clock that said `saved`. Plain value.
struct TrackerMemory {
  /// Of a trigger or a rule of proximity.
  struct Definition {
    int id = 0;
    QByteArray fingerprint;
  };
  struct Stay {
    int trigger = 0;  ///< index in `triggers`
    Presence presence;
  };
  /// When the tag may raise it again (while_interval_ms).
  struct Turn {
    int trigger = 0;
    std::chrono::nanoseconds next{};
  };
  struct Tag {
    QString id;
    bool isPresent = false;  ///< false: lost
    Position position;       ///< the last one
    Moment last;             ///< when it came, with its source time
    std::vector<Stay> stays;
    std::vector<Turn> turns;
    std::chrono::nanoseconds heard{};  ///< when the last sign of life came
  };
  /// A collision under way.
  struct Contact {
    int rule = 0;  ///< index in `proximity`
    int tagA = 0;  ///< index in `tags`
    int tagB = 0;
    Moment start;  ///< its elapsed: when it was last told
  };

  Moment saved;
  std::vector<Definition> triggers;
  std::vector<Tag> tags;
  std::vector<Definition> proximity;
  std::vector<Contact> contacts;
  size_t leftOut = 0;  ///< how many tags had a position that no tag can have, when it was read
};

/// With a checksum, so that a damaged file is noticed.
QByteArray toBytes(const TrackerMemory &memory);
/// `saved.elapsed` is 0 then. Errors say what is wrong with it.
Result<TrackerMemory> trackerMemoryFromBytes(const QByteArray &bytes);

}  // namespace tagwire::rtls
