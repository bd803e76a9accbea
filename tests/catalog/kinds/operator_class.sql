CREATE FUNCTION public.by_size(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp(abs($1), abs($2))';
CREATE FUNCTION public.by_size(integer, bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT btint48cmp(abs($1), abs($2))';
CREATE FUNCTION public.size_lt(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) < abs($2)';
CREATE FUNCTION public.size_lt(integer, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) < abs($2)';
CREATE OPERATOR public.<| (LEFTARG = integer, RIGHTARG = integer, FUNCTION = public.size_lt);
CREATE OPERATOR public.<| (LEFTARG = integer, RIGHTARG = bigint, FUNCTION = public.size_lt);
CREATE OPERATOR CLASS public.by_size FOR TYPE integer USING btree AS
    OPERATOR 1 public.<|, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 public.by_size(integer, integer), FUNCTION 2 btint4sortsupport(internal), FUNCTION 4 btequalimage(oid);
COMMENT ON OPERATOR CLASS public.by_size USING btree IS 'by absolute value';
COMMENT ON OPERATOR FAMILY public.by_size USING btree IS 'made by itself';
CREATE OPERATOR FAMILY public.loose USING btree;
CREATE OPERATOR CLASS public.in_loose FOR TYPE integer USING btree FAMILY public.loose AS
    OPERATOR 1 public.<|, OPERATOR 3 =, FUNCTION 1 public.by_size(integer, integer);
ALTER OPERATOR FAMILY public.loose USING btree ADD
    OPERATOR 1 public.<| (integer, bigint), OPERATOR 2 <= (integer, bigint), FUNCTION 1 (integer, bigint) public.by_size(integer, bigint);
CREATE OPERATOR FAMILY public."No Members" USING hash;
CREATE OPERATOR CLASS public.by_size FOR TYPE integer USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(integer);
CREATE TYPE public.pair AS (a integer, b integer);
CREATE OPERATOR CLASS public.pair_ops DEFAULT FOR TYPE public.pair USING hash AS OPERATOR 1 = (record, record), FUNCTION 1 hash_record(record);
CREATE OPERATOR CLASS public.stored FOR TYPE polygon USING gist AS
    OPERATOR 1 <<(polygon, polygon), OPERATOR 15 <->(polygon, point) FOR ORDER BY float_ops,
    FUNCTION 1 gist_poly_consistent(internal, polygon, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal),
    FUNCTION 3 gist_poly_compress(internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
    FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal),
    FUNCTION 8 (polygon, polygon) gist_poly_distance(internal, polygon, smallint, oid, internal), STORAGE box;
CREATE OPERATOR CLASS public.empty_class FOR TYPE integer USING gin AS STORAGE integer;
CREATE TABLE public.sized (n integer, p public.pair);
CREATE INDEX ON public.sized (n public.by_size);
CREATE INDEX ON public.sized USING hash (n public.by_size);
