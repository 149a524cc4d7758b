// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace tagwire::ws {

/// Why a message of a device is dropped, and with which words for people. Plain value.
struct Rejection {
  enum class Kind : quint8 {
    Syntax,           ///< no JSON object
    Size,             ///< too deep, too many fields, a name too long
    RepeatedKey,      ///< a key twice in one object
    Device,           ///< says that it is of another device
    Time,             ///< no timestamp, or one that can't be
    Type,             ///< a value of another type than the model's
    Range,            ///< a value outside its range, or none of an enum's
    Missing,          ///< a required field is not there
    Unknown,          ///< a field that the model does not name
    Watcher,          ///< who only watches has nothing to say
    Acknowledgement,  ///< of no command that waits for one, or none at all
  };
  static constexpr std::array words{"syntax", "size",    "repeated_key",  "device_id",    "timestamp",      "type",
                                    "range",  "missing", "unknown_field", "from_watcher", "acknowledgement"};

  Kind kind = Kind::Syntax;
  QString text;

  static const char *word(Kind kind) { return words[static_cast<size_t>(kind)]; }
};

/// Says when a rejection is worth a line in the log: once per kind and minute (R2-5). Plain value, one for each device.
class RejectionLog {
 public:
  /// How many of this kind were not logged since the last line; nothing when this one is not to be logged either.
  std::optional<int> admit(Rejection::Kind kind, std::chrono::nanoseconds elapsed) {
    Entry &entry = m_entries[static_cast<size_t>(kind)];
    if (entry.logged && elapsed - *entry.logged < std::chrono::minutes(1)) {
      ++entry.silent;
      return std::nullopt;
    }
    entry.logged = elapsed;
    return std::exchange(entry.silent, 0);
  }

 private:
  struct Entry {
    std::optional<std::chrono::nanoseconds> logged;
    int silent = 0;
  };
  std::array<Entry, Rejection::words.size()> m_entries;
};

}  // namespace tagwire::ws
