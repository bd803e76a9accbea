-- refused 42501,2BP01
DROP SCHEMA pg_catalog CASCADE;
