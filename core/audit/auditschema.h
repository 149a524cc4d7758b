// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tagwire {

/// In the file's head, so that file(1) and we know whose it is: "TWau".
inline constexpr int auditApplicationId = 0x54576175;
inline constexpr int auditSchemaVersion = 1;

/// What is written stays as it is: also against INSERT OR REPLACE, which deletes without a trigger.
inline constexpr const char *auditSchemaSql = R"(
CREATE TABLE audit(
  number INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  action TEXT NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  subject TEXT NOT NULL,
  reference TEXT NOT NULL,
  comment TEXT NOT NULL,
  details TEXT NOT NULL,
  hash TEXT NOT NULL) STRICT;
CREATE INDEX audit_by_time ON audit(time_ns);
CREATE INDEX audit_by_kind ON audit(kind);
CREATE INDEX audit_by_actor ON audit(actor);
CREATE INDEX audit_by_subject ON audit(subject);
CREATE INDEX audit_by_reference ON audit(reference) WHERE reference <> '';
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.number <> (SELECT ifnull(max(number), 0) + 1 FROM audit) BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
)";

}  // namespace tagwire
