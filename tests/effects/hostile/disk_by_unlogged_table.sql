-- long: ended outgrew
CREATE UNLOGGED TABLE t AS SELECT i AS a, i AS b, i AS c, i AS d FROM generate_series(1, 1000000000) i;
