-- harmless
CREATE DOMAIN public.text AS pg_catalog.text CHECK (VALUE = 'x');
CREATE DOMAIN public.int8 AS pg_catalog.int8 CHECK (VALUE < 0);
SET search_path = public, pg_catalog;
CREATE TABLE t (id pg_catalog.int4, a text);
