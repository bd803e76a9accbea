CREATE TABLE t (a integer, b integer);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
GRANT SELECT, UPDATE ON t TO pg_monitor;
GRANT SELECT ON v TO pg_monitor, PUBLIC;
GRANT UPDATE (a) ON t TO pg_monitor;
