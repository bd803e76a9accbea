CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE UNIQUE INDEX t_two ON t (a);
CREATE TABLE child (id int PRIMARY KEY, a int REFERENCES t (a));
CREATE UNIQUE INDEX t_one ON t (a);
