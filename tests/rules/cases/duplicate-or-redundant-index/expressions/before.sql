CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (lower(c));
CREATE INDEX t_two ON t (lower(c), a);
CREATE INDEX t_three ON t (upper(c));
