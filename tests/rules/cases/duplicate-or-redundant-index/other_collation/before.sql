CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (c);
CREATE INDEX t_two ON t (c COLLATE "POSIX");
