SET check_function_bodies = off;
CREATE SCHEMA "Other Place";
CREATE TABLE public.items (id integer PRIMARY KEY, price numeric, tags text[]);
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION public.no_arguments() RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION public.no_arguments() IS 'gives one';
CREATE FUNCTION public.overloaded(integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';
CREATE FUNCTION public.overloaded(text, integer DEFAULT 3) RETURNS integer LANGUAGE sql STABLE LEAKPROOF PARALLEL RESTRICTED COST 17.5 AS 'SELECT $2';
COMMENT ON FUNCTION public.overloaded(text, integer) IS 'the other one';
CREATE FUNCTION public.with_defaults(IN a integer, b text DEFAULT 'it''s {braces} 100%', VARIADIC c text[] DEFAULT '{}') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '8MB' SET "DateStyle" FROM CURRENT AS $$
BEGIN
  -- a {comment} with $1 and %s and a semicolon;
  RETURN b || $quoted$ it's $quoted$;
END $$;
CREATE FUNCTION public.several(OUT a integer, INOUT b text, c public.mood DEFAULT 'ok') RETURNS SETOF record
    LANGUAGE sql ROWS 12 AS 'SELECT 1, $1';
CREATE FUNCTION public.as_table(after integer) RETURNS TABLE ("Id" integer, price numeric)
    LANGUAGE sql STABLE AS 'SELECT id, price FROM public.items WHERE id > $1';
CREATE FUNCTION public.of_rows(public.items) RETURNS SETOF public.items LANGUAGE sql STABLE ROWS 5 AS 'SELECT $1.*';
CREATE FUNCTION public.column_type(public.items.price%TYPE) RETURNS public.items.id%TYPE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.polymorphic(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.variadic_any(VARIADIC "any") RETURNS integer LANGUAGE internal IMMUTABLE AS 'pg_num_nulls';
CREATE FUNCTION public.body_returns(a integer, b integer) RETURNS integer LANGUAGE sql RETURN a + b * public.overloaded(a);
CREATE FUNCTION public.body_atomic(minimum numeric) RETURNS SETOF public.items LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM public.items WHERE price > minimum;
    SELECT * FROM public.items WHERE price > minimum ORDER BY id;
END;
CREATE FUNCTION public.body_empty() RETURNS void LANGUAGE sql BEGIN ATOMIC END;
CREATE FUNCTION public.windowed(integer) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE STRICT AS 'window_row_number';
CREATE FUNCTION "Other Place"."With ""Quotes"""("An Argument" "char", x interval day to second, y timestamp(3) with time zone, bpchar)
    RETURNS bpchar LANGUAGE sql AS 'SELECT $4';
COMMENT ON FUNCTION "Other Place"."With ""Quotes"""("char", interval, timestamp with time zone, bpchar) IS 'quoted';
CREATE FUNCTION public.on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION public.on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION public.planned(text) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT SUPPORT pg_catalog.textlike_support AS 'textlike';
CREATE FUNCTION public.my_support(internal) RETURNS internal LANGUAGE internal STRICT AS 'textlike_support';
CREATE FUNCTION public.planned_too(text, text) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT SUPPORT public.my_support AS 'textlike';
CREATE FUNCTION public.uses_later() RETURNS integer LANGUAGE sql AS 'SELECT public.z_later()';
CREATE FUNCTION public.z_later() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION public.in_default(a integer DEFAULT public.z_later()) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.ping(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION public.pong(n integer) RETURNS integer LANGUAGE sql RETURN CASE WHEN n > 0 THEN public.ping(n - 1) ELSE 0 END;
CREATE OR REPLACE FUNCTION public.ping(n integer) RETURNS integer LANGUAGE sql RETURN CASE WHEN n > 0 THEN public.pong(n - 1) ELSE 1 END;
COMMENT ON FUNCTION public.ping(integer) IS 'and pong';
CREATE TABLE public.counted (id integer DEFAULT public.no_arguments(), n integer);
CREATE FUNCTION public.count_() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM public.counted);
ALTER TABLE public.counted ALTER n SET DEFAULT public.count_();
CREATE FUNCTION public.table_given(TEXT, INTEGER) RETURNS TABLE (a integer, b public.items[]) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION public.self_calling(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 0';
CREATE OR REPLACE FUNCTION public.self_calling(n integer) RETURNS integer LANGUAGE sql RETURN CASE WHEN n > 0 THEN public.self_calling(n - 1) ELSE 0 END;
