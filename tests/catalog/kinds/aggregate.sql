CREATE TYPE public.pair AS (a integer, b integer);
CREATE FUNCTION public.pair_add(public.pair, integer) RETURNS public.pair LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION public.pair_subtract(public.pair, integer) RETURNS public.pair LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION public.pair_end(public.pair, integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1.0';
CREATE FUNCTION public.pair_end(public.pair) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1.0';
CREATE FUNCTION public.pair_join(public.pair, public.pair) RETURNS public.pair LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
COMMENT ON AGGREGATE public.total(integer) IS 'adds up';
CREATE AGGREGATE public.rows_seen(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE public.rows_seen(*) IS 'counts';
CREATE AGGREGATE public.of_pairs(integer) (
    SFUNC = public.pair_add, STYPE = public.pair, SSPACE = 100, FINALFUNC = public.pair_end, FINALFUNC_EXTRA,
    FINALFUNC_MODIFY = SHAREABLE, COMBINEFUNC = public.pair_join, INITCOND = '(0,0)',
    MSFUNC = public.pair_add, MINVFUNC = public.pair_subtract, MSTYPE = public.pair, MSSPACE = 50,
    MFINALFUNC = public.pair_end, MFINALFUNC_MODIFY = READ_WRITE, MINITCOND = '(1,1)', PARALLEL = RESTRICTED);
CREATE AGGREGATE public.of_pairs_too("Named" integer) (
    SFUNC = public.pair_add, STYPE = public.pair, FINALFUNC = public.pair_end, MSFUNC = public.pair_add, MINVFUNC = public.pair_subtract, MSTYPE = public.pair,
    MFINALFUNC = public.pair_end, MFINALFUNC_EXTRA);
CREATE AGGREGATE public.smallest(integer) (SFUNC = int4smaller, STYPE = integer, SORTOP = OPERATOR(pg_catalog.<));
CREATE AGGREGATE public.listing(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}');
CREATE FUNCTION public.array_gathered(internal, anynonarray) RETURNS internal LANGUAGE internal IMMUTABLE AS 'array_agg_transfn';
CREATE AGGREGATE public.serial(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, SSPACE = 128, FINALFUNC = numeric_avg,
    COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = SAFE);
CREATE AGGREGATE public.middle(double precision ORDER BY anyelement) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
COMMENT ON AGGREGATE public.middle(double precision ORDER BY anyelement) IS 'in the middle';
CREATE AGGREGATE public.middle_shared(double precision ORDER BY anyelement) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_ONLY);
CREATE AGGREGATE public.standing(VARIADIC "any" ORDER BY VARIADIC "any") (
    SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE public.all_of(VARIADIC integer[]) (SFUNC = array_cat, STYPE = integer[]);
