-- refused 42501,42883
DROP FUNCTION pg_catalog.pgmason_note_end() CASCADE;
