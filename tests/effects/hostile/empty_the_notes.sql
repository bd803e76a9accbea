-- refused 42501,42P01
TRUNCATE pg_catalog.pgmason_noted;
