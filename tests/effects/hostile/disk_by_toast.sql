-- long: ended outgrew|ended longer
CREATE TABLE t (x text);
ALTER TABLE t ALTER x SET STORAGE EXTERNAL;
INSERT INTO t SELECT repeat('x', 50000000) FROM generate_series(1, 1000);
