CREATE TABLE t (b integer, came integer, a integer, c integer);
