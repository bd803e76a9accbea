-- refused 42501
BEGIN;
LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(100000);
