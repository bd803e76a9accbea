-- refused 42501,42P01
INSERT INTO pg_catalog.pgmason_noted SELECT * FROM pg_catalog.pgmason_noted;
