\set ON_ERROR_STOP on
\echo 'it''s; \'quoted\''; not SQL
SELECT '\i no command' AS "\i", $$
\i no command
$$; -- \i no command
\i other.sql
CREATE TABLE t (
  a int,
\echo inside
  b int
);
SELECT 'drop table t' \gexec
SELECT 1 \g
\copy t FROM stdin
1	2;'
\.
COPY t FROM stdin \g
3	4
\.
\q
