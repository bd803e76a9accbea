-- harmless|refused 42501,0LP01,42P16
REASSIGN OWNED BY pgmason_owner TO pg_database_owner;
REVOKE ALL ON SCHEMA public FROM pgmason_owner, pgmason_schemas, PUBLIC;
