// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tagwire::alarms {

/// "TagA": tells the alarms' files from other SQLite files.
constexpr int storeApplicationId = 0x54616741;
/// Of the schema, in PRAGMA user_version; rises when it changes.
constexpr int storeSchemaVersion = 1;

/// Version 1. Times are nanoseconds since 1970, with the same as text beside them where people read. A record's number
/// rises in the order in which it happened and never comes again.
constexpr const char *storeSchemaSql = R"sql(
CREATE TABLE meta(
  key   TEXT PRIMARY KEY,
  value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta(key, value) VALUES ('last_occurrence', 0), ('last_notice', 0), ('opened_ns', 0);

CREATE TABLE alarm_state(
  rule_id INTEGER PRIMARY KEY,
  memory  TEXT NOT NULL);

CREATE TABLE alarm_history(
  id        INTEGER PRIMARY KEY,
  time_ns   INTEGER NOT NULL,
  t         TEXT NOT NULL,
  kind      TEXT NOT NULL,
  rule_id   INTEGER NOT NULL,
  rule_name TEXT NOT NULL,
  area      TEXT,
  alarm_id  INTEGER,
  state     TEXT NOT NULL,
  previous  TEXT NOT NULL,
  condition TEXT NOT NULL,
  severity  TEXT NOT NULL,
  point     TEXT,
  value     REAL,
  who       TEXT,
  cause     TEXT,
  comment   TEXT,
  json      TEXT NOT NULL);
CREATE INDEX alarm_history_by_time ON alarm_history(time_ns);
CREATE INDEX alarm_history_by_rule ON alarm_history(rule_id, time_ns);

CREATE TABLE alarm_rule(
  id      INTEGER NOT NULL,
  version INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  time_ns INTEGER,
  t       TEXT,
  who     TEXT,
  json    TEXT NOT NULL,
  PRIMARY KEY(id, version)) WITHOUT ROWID;

CREATE TABLE notice(
  id            INTEGER PRIMARY KEY,
  target        TEXT NOT NULL,
  created_ns    INTEGER NOT NULL,
  not_before_ns INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  body          TEXT NOT NULL);
)sql";

}  // namespace tagwire::alarms
