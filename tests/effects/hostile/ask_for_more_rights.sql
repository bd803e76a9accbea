-- refused 42501,42883
SELECT pg_catalog.pgmason_elevated('ALTER ROLE pgmason_owner SUPERUSER', 0::oid);
