CREATE TYPE public.pair AS (a integer, b integer);
CREATE TYPE public.couple AS (a integer, b integer);
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION public.pair_text(public.pair) RETURNS text LANGUAGE sql AS 'SELECT ''''';
CREATE FUNCTION public.pair_mood(public.pair, integer, boolean) RETURNS public.mood LANGUAGE sql AS 'SELECT ''ok''::public.mood';
CREATE CAST (public.pair AS text) WITH FUNCTION public.pair_text(public.pair) AS ASSIGNMENT;
COMMENT ON CAST (public.pair AS text) IS 'as text';
CREATE CAST (public.pair AS public.mood) WITH FUNCTION public.pair_mood(public.pair, integer, boolean);
CREATE CAST (text AS public.mood) WITH INOUT AS IMPLICIT;
CREATE CAST (bpchar AS public.mood) WITH INOUT;
CREATE TYPE public.spread AS RANGE (subtype = integer);
CREATE CAST (date AS integer) WITHOUT FUNCTION;
CREATE CAST (integer AS date) WITHOUT FUNCTION AS ASSIGNMENT;

-- it makes text[] || text[] ambiguous for whoever writes it
CREATE CAST (text[] AS jsonb) WITH INOUT AS IMPLICIT;
