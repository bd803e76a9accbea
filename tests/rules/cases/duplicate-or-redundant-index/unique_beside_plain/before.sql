CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX a_plain ON t (a);
CREATE UNIQUE INDEX t_a_key ON t (a);
