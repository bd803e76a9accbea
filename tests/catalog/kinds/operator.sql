CREATE SCHEMA ops;
CREATE FUNCTION ops.same(integer, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION ops.same(text, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION ops.other(integer, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION ops.other(text, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION ops.twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION ops.same(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 OPERATOR(pg_catalog.=) $2';
CREATE OPERATOR ops.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = ops.same, COMMUTATOR = OPERATOR(ops.===),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR ops.=== (integer, integer) IS 'the same';
CREATE OPERATOR public.=% (LEFTARG = integer, RIGHTARG = text, FUNCTION = ops.same, COMMUTATOR = OPERATOR(ops.%=), NEGATOR = OPERATOR(public.<>%));
CREATE OPERATOR ops.%= (LEFTARG = text, RIGHTARG = integer, FUNCTION = ops.same, COMMUTATOR = OPERATOR(public.=%));
CREATE OPERATOR public.<>% (LEFTARG = integer, RIGHTARG = text, FUNCTION = ops.other, NEGATOR = OPERATOR(public.=%));
CREATE OPERATOR public.|/| (RIGHTARG = integer, FUNCTION = ops.twice);
COMMENT ON OPERATOR public.|/| (NONE, integer) IS 'twice';
CREATE OPERATOR public.~>~ (LEFTARG = text, RIGHTARG = integer, FUNCTION = ops.other, COMMUTATOR = OPERATOR(public.<~<));
