CREATE FUNCTION same(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION rewritten(a integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    -- adds one
    RETURN a + 1;
END
$$;
CREATE FUNCTION gone(text, "Odd" integer) RETURNS SETOF text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION safer() RETURNS integer LANGUAGE sql SET work_mem = '8MB' SET search_path = public AS 'SELECT 1';
CREATE FUNCTION overloaded(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE nightly(day date) LANGUAGE sql AS '';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
COMMENT ON FUNCTION same(integer) IS 'one';
