-- Owners, privileges and default privileges. The roles are PostgreSQL's own, so that none has to be made.
CREATE TABLE t (id serial, counted int GENERATED ALWAYS AS IDENTITY, c int, "D d" text);
CREATE VIEW v AS SELECT c, id FROM t;
CREATE MATERIALIZED VIEW m AS SELECT c FROM t;
CREATE SEQUENCE s;
CREATE SCHEMA owned AUTHORIZATION pg_monitor;
CREATE TABLE owned.t (id serial PRIMARY KEY);
ALTER TABLE owned.t OWNER TO pg_monitor;
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE TYPE mood AS ENUM ('a');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b int);
CREATE TYPE span AS RANGE (subtype = numeric);
ALTER VIEW v OWNER TO pg_read_all_data;
ALTER SEQUENCE s OWNER TO pg_read_all_data;
ALTER FUNCTION f OWNER TO pg_read_all_data;
ALTER TYPE pair OWNER TO pg_read_all_data;
ALTER TYPE mood OWNER TO pg_read_all_data;
ALTER DOMAIN positive OWNER TO pg_read_all_data;
-- tables, with grant options passed on, and an owner who gives something up
GRANT SELECT, INSERT ON t TO pg_monitor WITH GRANT OPTION;
SET ROLE pg_monitor;
GRANT SELECT ON t TO pg_signal_backend;
RESET ROLE;
GRANT ALL ON t TO PUBLIC;
REVOKE DELETE, TRUNCATE ON t FROM CURRENT_USER;
REVOKE ALL ON owned.t FROM pg_monitor;
GRANT SELECT ON m, v TO pg_monitor;
-- columns
GRANT UPDATE (c, "D d"), SELECT (c) ON t TO pg_signal_backend;
GRANT SELECT (c) ON v TO pg_signal_backend WITH GRANT OPTION;
-- sequences, that of an identity column too
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pg_monitor;
GRANT SELECT, UPDATE ON s TO PUBLIC;
-- schemas
GRANT CREATE ON SCHEMA public TO PUBLIC;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA owned TO pg_signal_backend;
-- routines
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f TO pg_monitor;
REVOKE EXECUTE ON PROCEDURE p FROM PUBLIC;
GRANT EXECUTE ON FUNCTION total(int) TO pg_monitor;
-- types
REVOKE USAGE ON TYPE mood FROM PUBLIC;
GRANT USAGE ON TYPE pair TO pg_monitor WITH GRANT OPTION;
REVOKE ALL ON DOMAIN positive FROM PUBLIC, pg_read_all_data;
GRANT USAGE ON TYPE span TO pg_monitor;
-- for what is to come
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA owned GRANT SELECT, INSERT ON TABLES TO pg_monitor WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor REVOKE ALL ON TYPES FROM pg_monitor;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO pg_monitor;
