CREATE TABLE t (id int PRIMARY KEY, a char(10), b varchar(10), c char(5));
