-- harmless
CREATE TEMP TABLE pg_class (oid oid, relname name);
CREATE TEMP TABLE pg_locks (pid int);
CREATE TABLE public.pg_namespace (oid oid);
SET search_path = pg_temp, public, pg_catalog;
CREATE TABLE public.t (id int);
DROP TABLE public.t;
