-- refused 42501,55000
SELECT pg_create_physical_replication_slot('keeps_all', true);
