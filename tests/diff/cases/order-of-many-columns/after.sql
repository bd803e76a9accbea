CREATE TABLE t (j integer, a integer, b integer, d integer, e integer, f integer, g integer, h integer, i integer, c integer);
