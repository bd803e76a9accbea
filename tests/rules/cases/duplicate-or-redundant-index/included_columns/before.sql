CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (a) INCLUDE (b);
CREATE INDEX t_two ON t (a);
CREATE INDEX t_three ON t (a, c);
