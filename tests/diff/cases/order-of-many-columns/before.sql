CREATE TABLE t (a integer, b integer, c integer, d integer, e integer, f integer, g integer, h integer, i integer, j integer);
