-- harmless|refused 42501
VACUUM FULL pg_catalog.pg_class;
REINDEX TABLE pg_catalog.pg_class;
