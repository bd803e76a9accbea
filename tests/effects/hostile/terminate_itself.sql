-- refused 57P01,08006|ended itself
CREATE TABLE t (id int);
SET ROLE NONE;
SELECT pg_terminate_backend(pg_backend_pid());
CREATE TABLE u (id int);
