CREATE FUNCTION same(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION rewritten(a integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    -- adds two
    RETURN a + 2;
END
$$;
CREATE FUNCTION safer() RETURNS integer LANGUAGE sql SECURITY DEFINER STABLE SET search_path = public, pg_temp AS 'SELECT 1';
CREATE FUNCTION overloaded(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION overloaded(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE nightly(day date, again boolean DEFAULT false) LANGUAGE sql AS '';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE);
COMMENT ON FUNCTION same(integer) IS 'always one';
