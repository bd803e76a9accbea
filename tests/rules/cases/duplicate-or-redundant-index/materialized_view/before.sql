CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX m_one ON m (a);
CREATE INDEX m_two ON m (a);
