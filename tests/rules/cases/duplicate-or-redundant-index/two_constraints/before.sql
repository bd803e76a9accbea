CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
ALTER TABLE t ADD CONSTRAINT t_again UNIQUE (id);
