// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "audittrail.h"

namespace tagwire {

/// Name of the file in data_dir.
inline constexpr const char *auditFileName = "audit.db";

/// A record as the file has it: all texts UTF-8, none longer than its bound. Plain value.
struct AuditRow {
  qint64 number = 0;
  qint64 time = 0;  ///< nanoseconds since 1970, UTC
  QByteArray kind;
  QByteArray action;
  QByteArray actor;
  QByteArray address;
  QByteArray subject;
  QByteArray reference;
  QByteArray comment;
  QByteArray details;  ///< one JSON object
  QByteArray hash;     ///< 64 hexadecimal digits, lower case

  /// What is too long is cut, details become {"too_long": bytes}. Without number and hash.
  static AuditRow fromEntry(const AuditEntry &entry);
  AuditRecord record() const;
  /// The chain: SHA-256 over `before` (the hash of the record before; noHash for the first) and number, time_ns, kind,
  /// action, actor, address, subject, reference, comment, details: each as text, in front of it its length in bytes as
  /// 32 bits, the highest byte first. docs/decisions/0026-audit.md shows it in Python.
  QByteArray hashAfter(const QByteArray &before) const;
  /// What it takes in memory, about.
  qsizetype size() const;

 private:
  std::array<const QByteArray *, 8> texts() const;
};

/// What stands before the first record.
inline const QByteArray noHash(64, '0');

/// Columns in the order of the members.
inline constexpr const char *auditColumns =
    "number, time_ns, kind, action, actor, address, subject, reference, comment, details, hash";

class Statement;
/// Of a row of auditColumns.
AuditRow auditRowFrom(const Statement &row);

}  // namespace tagwire
