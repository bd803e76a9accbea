CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE UNIQUE INDEX t_a ON t (a);
CREATE INDEX t_ab ON t (a, b);
