CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX a_first_by_name ON t (id);
CREATE UNIQUE INDEX t_id_key ON t (id);
