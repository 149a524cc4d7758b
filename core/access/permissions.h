// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

#include "pathpattern.h"

namespace tagwire {

/// Something that a permission may allow: a verb on a kind of thing (spec, "Permissions"). Plain value.
struct Right {
  const char *what;
  const char *verb;
};

namespace right {
constexpr Right readPoints{"points", "read"};
constexpr Right writePoints{"points", "write"};
constexpr Right readPositions{"positions", "read"};
constexpr Right writePositions{"positions", "write"};
constexpr Right readEvents{"events", "read"};
constexpr Right readAlarms{"alarms", "read"};
constexpr Right acknowledgeAlarms{"alarms", "ack"};
constexpr Right shelveAlarms{"alarms", "shelve"};
constexpr Right administerAlarms{"alarms", "admin"};
constexpr Right readRooms{"rooms", "read"};
constexpr Right writeRooms{"rooms", "write"};
constexpr Right readStatistics{"ws", "stats"};
constexpr Right broadcast{"ws", "broadcast"};
constexpr Right readCommands{"commands", "read"};
constexpr Right writeCommands{"commands", "write"};
constexpr Right readInterlocks{"interlocks", "read"};
constexpr Right resetInterlocks{"interlocks", "reset"};
constexpr Right readHistory{"history", "read"};
constexpr Right writeHistory{"history", "write"};
constexpr Right administerTokens{"tokens", "admin"};
constexpr Right administerUsers{"users", "admin"};
constexpr Right readConfig{"config", "read"};
constexpr Right writeConfig{"config", "write"};
constexpr Right writeManifest{"manifest", "write"};
constexpr Right readAudit{"audit", "read"};
constexpr Right publishDevice{"device", "publish"};
constexpr Right watchDevice{"device", "watch"};
}  // namespace right

/// What somebody may do: a list of `<what>[:<pattern>]:<verb>` (spec, "Permissions"). What none of them covers is
/// denied. `*` stands for every kind of thing or every verb; `*:read` covers watching a device and `ws:stats` too, and
/// `alarms:admin` includes reading (R3-2). Plain value.
class TAGWIRE_EXPORT Permissions {
 public:
  Permissions() = default;
  /// Errors name the first text that is none, and what is allowed.
  static Result<Permissions> fromTexts(const QStringList &texts);
  /// Of all of them together.
  Permissions &operator+=(const Permissions &more);

  /// On the thing of this name: a point's full name, an alarm's area, a device id.
  bool allow(Right right, QStringView name) const;
  /// On every one of them, whatever its name.
  bool allowAll(Right right) const;
  /// On some of them at least.
  bool allowSome(Right right) const;
  /// Whether whoever has these may hand out those: none of them allows more.
  bool cover(const Permissions &others) const;
  /// One permission names exactly this thing: no wildcard, and not every kind or verb (R2-4).
  bool nameExactly(Right right, QStringView name) const;

  const QStringList &texts() const { return m_texts; }
  /// The same text for all who have the same rights of this kind: what was made for one of them can serve the other.
  QString key(Right right) const;

 private:
  struct Grant {
    QString what;
    QString verb;
    std::optional<PathPattern> pattern;
    bool covers(Right right) const;
  };
  QStringList m_texts;
  QList<Grant> m_grants;
};

/// What is wrong with one permission, with what is allowed; empty when all is well.
TAGWIRE_EXPORT QString permissionProblem(const QString &permission);

}  // namespace tagwire
