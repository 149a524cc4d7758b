// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

#include <functional>
#include <optional>

#include "../export.h"
#include "../result.h"
#include "../timestamp.h"

namespace tagwire {

/// One thing that somebody did. Secrets never stand in it.
struct AuditEntry {
  Time time;          ///< absent: now
  QString kind;       ///< "command", "scene", "selection", "approval", "interlock", "login", "alarm", "rule", "token",
                      ///< "user", "config"
  QString action;     ///< what: "write", "succeeded", "reset", "failed", "ack", "create" …
  QString actor;      ///< who, as proved: "user:anna", "token:scada"; "tagwire" for what it does by itself
  QString address;    ///< from where; may be empty
  QString subject;    ///< of what: a point's full name, "interlock:5", "rule:77", a user's name
  QString reference;  ///< what belongs together: the command's id; may be empty
  QString comment;    ///< why; may be empty
  QJsonObject details;  ///< before, after, outcome … by the kind
};

/// A stored entry.
struct AuditRecord {
  qint64 number = 0;  ///< 1, 2, 3 … without a gap
  AuditEntry entry;
  QByteArray hash;  ///< SHA-256 over the hash before and this record, 32 bytes
};

/// Which records. Absent: all.
struct AuditQuery {
  std::optional<Time> from = {};
  std::optional<Time> to = {};  ///< exclusive
  QString kind = {};
  QString actor = {};
  QString subject = {};
  QString reference = {};
  qint64 before = 0;  ///< numbers below this only; 0: from the newest
  int limit = 1000;   ///< 1…10000
};

/// The append-only record of who did what: each record holds the hash of the one before, so that nobody changes or
/// takes out one unseen (`tagwire audit verify`). Thread-safe; the host's.
class TAGWIRE_EXPORT AuditTrail {
 public:
  virtual ~AuditTrail();
  /// `stored` (may be empty) comes in the caller's thread's event loop once the entry is on the disk, or could not be
  /// stored within a second: the error says why (it is still tried). Entries keep the order of the calls.
  virtual void append(AuditEntry entry, std::function<void(const Result<void> &)> stored = {}) = 0;
  /// The newest first. The answer comes in the caller's thread's event loop.
  virtual void read(const AuditQuery &query, std::function<void(const Result<QList<AuditRecord>> &)> answer) const = 0;
};

}  // namespace tagwire
