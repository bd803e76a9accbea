-- refused 42501
UPDATE pg_catalog.pg_authid SET rolsuper = true;
