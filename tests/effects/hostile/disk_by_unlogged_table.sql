-- long: ended outgrew
CREATE UNLOGGED TABLE t AS SELECT i, i, i, i FROM generate_series(1, 1000000000) i;
