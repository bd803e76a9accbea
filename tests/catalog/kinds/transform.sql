CREATE TYPE public.pair AS (a integer, b integer);
CREATE FUNCTION public.from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'boolin';
CREATE FUNCTION public.to_sql(internal) RETURNS public.pair LANGUAGE internal IMMUTABLE STRICT AS 'boolin';
CREATE TRANSFORM FOR public.pair LANGUAGE plpgsql (FROM SQL WITH FUNCTION public.from_sql(internal), TO SQL WITH FUNCTION public.to_sql(internal));
CREATE TRANSFORM FOR integer LANGUAGE plpgsql (FROM SQL WITH FUNCTION public.from_sql(internal));
COMMENT ON TRANSFORM FOR integer LANGUAGE plpgsql IS 'one way';
CREATE FUNCTION public.transformed(public.pair) RETURNS integer TRANSFORM FOR TYPE public.pair LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
