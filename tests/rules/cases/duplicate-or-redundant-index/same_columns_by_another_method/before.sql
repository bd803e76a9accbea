CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (a);
CREATE INDEX t_two ON t USING hash (a);
