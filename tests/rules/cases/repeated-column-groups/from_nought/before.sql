CREATE TABLE t (id int PRIMARY KEY, tag_0 text, tag_1 text, tag_2 text);
