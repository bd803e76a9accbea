-- refused 25P03,57P05,08006,57P01|harmless|ended itself
SET idle_session_timeout = '1ms';
SELECT pg_sleep(0.05);
CREATE TABLE t (id int);
SELECT pg_sleep(0.2);
CREATE TABLE u (id int);
