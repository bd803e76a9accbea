-- refused 57014,25P03,57P05|harmless
SET statement_timeout = 1;
SET lock_timeout = 1;
CREATE TABLE t AS SELECT i FROM generate_series(1, 2000000) i;
