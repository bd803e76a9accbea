-- long: ended longer
CREATE TABLE t (id int);
BEGIN;
LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(100000);
