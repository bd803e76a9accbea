CREATE TYPE public.pair AS (a integer, b integer);
CREATE FUNCTION public.pair_add(public.pair, public.pair) RETURNS public.pair LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
CREATE OPERATOR public.+ (LEFTARG = public.pair, RIGHTARG = public.pair, FUNCTION = public.pair_add, COMMUTATOR = OPERATOR(public.+));
CREATE OR REPLACE FUNCTION public.pair_add(public.pair, public.pair) RETURNS public.pair LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $1.a > 0 THEN $2 OPERATOR(public.+) (0, 0)::public.pair ELSE $1 END;
CREATE AGGREGATE public.sum(public.pair) (SFUNC = public.pair_add, STYPE = public.pair);
CREATE TABLE public.pairs (id integer PRIMARY KEY, p public.pair);
CREATE INDEX ON public.pairs (public.pair_add(p, p));
CREATE FUNCTION public.total() RETURNS public.pair LANGUAGE sql AS 'SELECT NULL::public.pair';
CREATE VIEW public.totals AS SELECT public.total() AS total, sum(p) AS summed FROM public.pairs;
CREATE OR REPLACE FUNCTION public.total() RETURNS public.pair LANGUAGE sql RETURN (SELECT summed FROM public.totals);
CREATE FUNCTION public.pair_text(public.pair) RETURNS text LANGUAGE sql AS 'SELECT ''''';
CREATE CAST (public.pair AS text) WITH FUNCTION public.pair_text(public.pair);
CREATE OR REPLACE FUNCTION public.pair_text(public.pair) RETURNS text LANGUAGE sql RETURN CASE WHEN $1.a > 0 THEN ROW($1.b, 0)::public.pair::text END;
CREATE DOMAIN public.whole AS public.pair;
CREATE TYPE public.wrapped AS (w public.whole, n integer);
CREATE FUNCTION public.is_whole(public.wrapped) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
ALTER DOMAIN public.whole ADD CONSTRAINT fits CHECK (public.is_whole(ROW(VALUE, 1)::public.wrapped));
CREATE FUNCTION public.by_default(a integer DEFAULT 1) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION public.by_default(a integer DEFAULT public.by_default(1)) RETURNS integer LANGUAGE sql RETURN a;
CREATE FUNCTION public.all_ways(a integer, INOUT "B b" text, OUT integer, VARIADIC c integer[] DEFAULT '{}') RETURNS record LANGUAGE sql AS 'SELECT ''''::text, 1';
CREATE OR REPLACE FUNCTION public.all_ways(a integer, INOUT "B b" text, OUT integer, VARIADIC c integer[] DEFAULT '{}') RETURNS record LANGUAGE sql
    BEGIN ATOMIC SELECT w."B b", 1 FROM public.all_ways(1, 'x') AS w; END;
CREATE FUNCTION public.rows_of(integer, text = 'x') RETURNS TABLE (a integer, "B" text[]) LANGUAGE sql AS 'SELECT 1, NULL::text[]';
CREATE OR REPLACE FUNCTION public.rows_of(integer, text = 'x') RETURNS TABLE (a integer, "B" text[]) LANGUAGE sql
    BEGIN ATOMIC SELECT r.a, r."B" FROM public.rows_of(1) AS r; END;
CREATE FUNCTION public.first_of(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.second_of(b integer DEFAULT public.first_of(1)) RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE OR REPLACE FUNCTION public.first_of(a integer DEFAULT public.second_of(2)) RETURNS integer LANGUAGE sql AS 'SELECT 1';
