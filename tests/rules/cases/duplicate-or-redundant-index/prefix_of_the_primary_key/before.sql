CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
