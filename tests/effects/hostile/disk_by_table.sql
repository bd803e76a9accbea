-- long: ended outgrew
CREATE TABLE t AS SELECT repeat(md5(i::text), 30) AS x FROM generate_series(1, 100000000) i;
