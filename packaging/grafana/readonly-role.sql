-- SPDX-License-Identifier: Apache-2.0
-- A role that may read the history and nothing else. Run it in the history's database when Tagwire has made the tables,
-- once, as a superuser, or as the owner of the tables with CREATEROLE. Then give the role a way in: `\password grafana`
-- in psql, or a line in pg_hba.conf. Say the schema if it is not `public`, and the role if `grafana` is taken:
--   psql -v schema=public -v role=grafana -f readonly-role.sql tagwire
\set ON_ERROR_STOP on
\if :{?schema}
\else
  \set schema public
\endif
\if :{?role}
\else
  \set role grafana
\endif
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 10', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
-- In this database only. The search path lets the dashboard do without the schema's name.
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET default_transaction_read_only TO on;
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET statement_timeout TO '30s';
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET search_path TO :"schema";
SET search_path TO :"schema";
GRANT USAGE ON SCHEMA :"schema" TO :"role";
GRANT SELECT ON points, qualities, samples, positions, recent_samples, recent_positions, events, gaps, rollups,
  rollup_levels, history, position_history, event_history, trends TO :"role";
GRANT EXECUTE ON FUNCTION history_between(timestamptz, timestamptz, text[]),
  position_history_between(timestamptz, timestamptz, text[]) TO :"role";
-- Tagwire makes tables anew that somebody dropped. So what its role makes in this schema later is readable, too.
SELECT tableowner AS owner FROM pg_tables WHERE schemaname = :'schema' AND tablename = 'points' \gset
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT SELECT ON TABLES TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT EXECUTE ON FUNCTIONS TO :"role";
