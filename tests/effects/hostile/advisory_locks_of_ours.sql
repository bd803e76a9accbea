-- long: ended longer
SELECT pg_advisory_lock(20260701);
SELECT pg_sleep(100000);
