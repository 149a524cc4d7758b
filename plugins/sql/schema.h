// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tagwire::sql {

/// "Tagw": tells our files from other SQLite files.
constexpr int applicationId = 0x54616777;

/// Version 1. Samples and positions are kept in the order of their time, and have no other index: rows arrive in about
/// that order, so that writing appends, and a range of time is one stretch of the file. An index on (point, time)
/// would make trends of one point faster to read but costs twenty times as much to write (bench/README.md). `repeat`
/// tells apart values of one point with the very same time.
constexpr const char *schemaSql = R"sql(
CREATE TABLE points(
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  number      INTEGER,
  type        TEXT NOT NULL,
  unit        TEXT NOT NULL,
  description TEXT NOT NULL);

CREATE TABLE qualities(
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE);
INSERT INTO qualities(id, name) VALUES (0, 'good');

CREATE TABLE samples(
  time_ns  INTEGER NOT NULL,
  point_id INTEGER NOT NULL,
  repeat   INTEGER NOT NULL,
  quality  INTEGER NOT NULL,
  value,
  PRIMARY KEY(time_ns, point_id, repeat)) WITHOUT ROWID;

CREATE TABLE positions(
  time_ns    INTEGER NOT NULL,
  point_id   INTEGER NOT NULL,
  repeat     INTEGER NOT NULL,
  quality    INTEGER NOT NULL,
  x          REAL,
  y          REAL,
  z          REAL,
  tag        TEXT,
  type       TEXT,
  zone       INTEGER,
  battery    INTEGER,
  confidence REAL,
  gateway    TEXT,
  sequence   INTEGER,
  PRIMARY KEY(time_ns, point_id, repeat)) WITHOUT ROWID;

CREATE TABLE events(
  id       INTEGER PRIMARY KEY,
  epoch    TEXT NOT NULL,
  sequence INTEGER,
  time_ns  INTEGER NOT NULL,
  source   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  json     TEXT NOT NULL);
CREATE INDEX events_by_time ON events(time_ns);

CREATE VIEW history AS
  SELECT strftime('%Y-%m-%dT%H:%M:%S', s.time_ns / 1000000000, 'unixepoch')
           || printf('.%03dZ', s.time_ns / 1000000 % 1000) AS time,
         p.name, s.value, p.unit, q.name AS quality, s.time_ns, p.number, p.type
    FROM samples s CROSS JOIN points p ON p.id = s.point_id JOIN qualities q ON q.id = s.quality;

CREATE VIEW position_history AS
  SELECT strftime('%Y-%m-%dT%H:%M:%S', s.time_ns / 1000000000, 'unixepoch')
           || printf('.%03dZ', s.time_ns / 1000000 % 1000) AS time,
         p.name, s.tag, s.x, s.y, s.z, p.unit, q.name AS quality, s.zone, s.battery, s.confidence, s.gateway,
         s.sequence, s.type, s.time_ns
    FROM positions s CROSS JOIN points p ON p.id = s.point_id JOIN qualities q ON q.id = s.quality;

CREATE VIEW event_history AS
  SELECT strftime('%Y-%m-%dT%H:%M:%S', time_ns / 1000000000, 'unixepoch')
           || printf('.%03dZ', time_ns / 1000000 % 1000) AS time,
         kind, source, json, sequence, epoch, time_ns
    FROM events;
)sql";

}  // namespace tagwire::sql
