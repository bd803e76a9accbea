CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (a, b);
CREATE INDEX t_two ON t (a, b DESC);
CREATE INDEX t_three ON t (a DESC);
