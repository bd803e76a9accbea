CREATE TABLE plain (id int, r int4range, t text);
CREATE FUNCTION f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- unread: function: public.f(a integer, b text)
CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- unread: function: public.on_row()
CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
-- unread: function: public.on_event()
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
-- unread: procedure: public.p()
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
-- unread: aggregate: public.total(integer)
CREATE TRIGGER "Each Row" BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION on_row();
-- unread: trigger: "Each Row" on public.plain
CREATE RULE nothing AS ON DELETE TO plain DO INSTEAD NOTHING;
-- unread: rule: nothing on public.plain
CREATE TABLE guarded (id int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
-- unread: row security: public.guarded
CREATE POLICY mine ON guarded USING (true);
-- unread: policy: mine on public.guarded
CREATE TABLE booked (during int4range, EXCLUDE USING gist (during WITH &&));
-- unread: exclusion constraint: booked_during_excl on public.booked
CREATE TABLE tuned (id int) WITH (fillfactor = 70);
-- unread: storage parameters: public.tuned
CREATE TABLE whole (id int);
ALTER TABLE whole REPLICA IDENTITY FULL;
-- unread: replica identity: public.whole
CREATE TABLE granted (id int);
GRANT SELECT ON granted TO PUBLIC;
-- unread: grants: public.granted
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
-- unread: domain: public.positive
CREATE TYPE pair AS (a int, b int);
-- unread: composite type: public.pair
CREATE TYPE span AS RANGE (subtype = numeric);
-- unread: range type: public.span
CREATE TABLE typed OF pair;
-- unread: table of a composite type: public.typed
CREATE STATISTICS both_columns ON id, t FROM plain;
-- unread: extended statistics: public.both_columns
CREATE COLLATION german FROM "C";
-- unread: collation: public.german
CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
-- unread: function: public.same(integer, integer)
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
-- unread: operator: public.===(integer,integer)
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
-- unread: text search configuration: public.words
CREATE TEXT SEARCH DICTIONARY book (TEMPLATE = simple);
-- unread: text search dictionary: public.book
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql AS 'SELECT ''''';
-- unread: function: public.pair_text(public.pair)
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair);
-- unread: cast: public.pair AS text
