CREATE TABLE t (a integer, b integer);
CREATE INDEX t_a_idx ON t (a, b DESC) WHERE a > 0;
CREATE UNIQUE INDEX t_lower ON t ((a + b));
CREATE MATERIALIZED VIEW mv AS SELECT a FROM t;
CREATE INDEX mv_a_idx ON mv (a);
