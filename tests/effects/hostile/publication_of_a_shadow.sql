-- refused 42501|harmless
CREATE FUNCTION public.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE pgmason_owner SUPERUSER'; RETURN true; END $$;
CREATE FUNCTION public.starts_with(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE pgmason_owner SUPERUSER'; RETURN true; END $$;
SET search_path = public, pg_catalog;
CREATE TABLE t (id int);
CREATE PUBLICATION p FOR ALL TABLES;
