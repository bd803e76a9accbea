-- long: ended outgrew
CREATE TEMP TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 1000000000) i;
