-- long: ended longer
ALTER ROLE CURRENT_USER SET statement_timeout = 1;
COMMIT;
BEGIN;
ALTER ROLE CURRENT_USER SET statement_timeout = 2;
ALTER ROLE CURRENT_USER PASSWORD 'known to all';
SELECT pg_sleep(100000);
