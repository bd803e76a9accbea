CREATE TABLE t (a integer, gone integer, b integer, c integer);
