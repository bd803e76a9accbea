CREATE TABLE t (a integer, b integer);
CREATE INDEX t_a_idx ON t (a);
CREATE INDEX "t b" ON t (b);
CREATE MATERIALIZED VIEW mv AS SELECT a FROM t;
