CREATE SCHEMA "Extra Types";
CREATE EXTENSION citext WITH SCHEMA "Extra Types";
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
COMMENT ON EXTENSION hstore IS 'keys and values, says somebody else';
CREATE DOMAIN public.email AS "Extra Types".citext CHECK (VALUE ~ '@');
CREATE TABLE public.people (id integer PRIMARY KEY, mail public.email, more public.hstore DEFAULT '', tags "Extra Types".citext[],
    during int4range, EXCLUDE USING gist (id WITH =, during WITH &&));
CREATE INDEX ON public.people USING gin (mail public.gin_trgm_ops);
CREATE FUNCTION public.more_of(given public.hstore, key text DEFAULT 'a') RETURNS "Extra Types".citext LANGUAGE sql RETURN given -> key;
CREATE AGGREGATE public.all_more(public.hstore) (SFUNC = public.hs_concat, STYPE = public.hstore);
CREATE VIEW public.addresses AS SELECT mail::text, more -> 'a' AS a FROM public.people WHERE mail = 'x';
CREATE TYPE public.words AS RANGE (subtype = "Extra Types".citext);
CREATE CAST (public.hstore AS integer) WITH INOUT;
CREATE OPERATOR CLASS public.by_citext FOR TYPE "Extra Types".citext USING btree AS
    OPERATOR 1 "Extra Types".<, OPERATOR 3 "Extra Types".=, FUNCTION 1 "Extra Types".citext_cmp("Extra Types".citext, "Extra Types".citext);
