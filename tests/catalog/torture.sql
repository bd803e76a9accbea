-- Every kind of object at least once, and what has gone wrong before. It grows with each fault found.

-- Circles: a default and a check through functions that speak of their own table.
CREATE TABLE ring (id int PRIMARY KEY, above int, note text);
CREATE FUNCTION ring_next() RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT coalesce(max(id), 0) + 1 FROM ring; END;
CREATE FUNCTION ring_fine(c ring) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT (c).id > 0';
ALTER TABLE ring ALTER COLUMN id SET DEFAULT ring_next();
ALTER TABLE ring ADD CONSTRAINT fine CHECK (ring_fine(ring.*));
COMMENT ON CONSTRAINT fine ON ring IS 'asks a function of the whole row';
ALTER TABLE ring ADD CONSTRAINT self FOREIGN KEY (above) REFERENCES ring;
CREATE POLICY own_rows ON ring USING (ring_fine(ring.*));
-- Two tables that refer to each other, and a sequence for both.
CREATE SEQUENCE both_ids AS int;
CREATE TABLE left_one (id int PRIMARY KEY DEFAULT nextval('both_ids'), other int);
CREATE TABLE right_one (id int PRIMARY KEY DEFAULT nextval('both_ids'), other int REFERENCES left_one DEFERRABLE);
ALTER TABLE left_one ADD FOREIGN KEY (other) REFERENCES right_one ON DELETE SET NULL (other);
ALTER SEQUENCE both_ids OWNED BY left_one.id;
-- A view that a function reads, which the view calls.
CREATE VIEW seen AS SELECT id, note FROM ring;
CREATE FUNCTION seen_note(s seen) RETURNS text LANGUAGE sql STABLE AS 'SELECT (s).note';
CREATE OR REPLACE VIEW seen WITH (security_barrier) AS SELECT id, note FROM ring WHERE seen_note(ROW(id, note)::seen) <> '';
COMMENT ON VIEW seen IS 'in a ring';
-- Two functions with bodies that PostgreSQL follows, each calling the other.
CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN n = 0;
CREATE FUNCTION odd(n int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN n <> 0 AND even(n - 1);
CREATE OR REPLACE FUNCTION even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN n = 0 OR odd(n - 1);
-- A domain that checks itself through a function that takes it.
CREATE DOMAIN code AS text;
CREATE FUNCTION code_fine(c code) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length(c) > 2';
ALTER DOMAIN code ADD CONSTRAINT long_enough CHECK (code_fine(VALUE));
COMMENT ON DOMAIN code IS 'a short word';

-- Names that need care.
CREATE SCHEMA "Odd {} %s "" schema";
CREATE TABLE "Odd {} %s "" schema"."select" ("from" int, "it's" text DEFAULT 'it''s {} %s \', "größe" int, "$1" int, "A" int, a int);
CREATE INDEX "Index {}" ON "Odd {} %s "" schema"."select" (("it's" || '{}'), "$1" DESC) WHERE "größe" > 1;
COMMENT ON COLUMN "Odd {} %s "" schema"."select"."it's" IS E'two\nlines, \\ and ''quotes''';
CREATE VIEW "Odd {} %s "" schema"."order" AS SELECT "from" AS "group", "A" FROM "Odd {} %s "" schema"."select";
COMMENT ON COLUMN "Odd {} %s "" schema"."order"."group" IS 'a column of a view';

-- Types.
CREATE TYPE state AS ENUM ('open', 'it''s {}');
CREATE TYPE nothing AS ENUM ();
CREATE TYPE pair AS (a int, "B b" text COLLATE "C");
COMMENT ON COLUMN pair."B b" IS 'an attribute';
CREATE TYPE empty_row AS ();
CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE COLLATION plain_c (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
CREATE TYPE small;
CREATE FUNCTION small_in(cstring) RETURNS small LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION small_out(small) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE small (INPUT = small_in, OUTPUT = small_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE DOMAIN many AS small[] CHECK (cardinality(VALUE) < 9);

-- Routines and what is made of them.
CREATE PROCEDURE move(INOUT n int, "To" text DEFAULT 'x') LANGUAGE plpgsql AS $$ BEGIN n := 1; END /* {} %s */ $$;
CREATE AGGREGATE joined(text, text) (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn);
CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same, COMMUTATOR = ===, HASHES);
CREATE OPERATOR FAMILY loose USING btree;
ALTER OPERATOR FAMILY loose USING btree ADD OPERATOR 1 < (int4, int8), FUNCTION 1 (int4, int8) btint48cmp(int4, int8);
CREATE OPERATOR CLASS hashed FOR TYPE int USING hash AS OPERATOR 1 ===, FUNCTION 1 hashint4(int);
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text';
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS ASSIGNMENT;
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE FUNCTION handled() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE spoken HANDLER handled;
CREATE FUNCTION to_spoken(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TRANSFORM FOR pair LANGUAGE spoken (FROM SQL WITH FUNCTION to_spoken(internal));
CREATE ACCESS METHOD leafy TYPE INDEX HANDLER bthandler;
CREATE TEXT SEARCH DICTIONARY book (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION words (COPY = english);
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH book, english_stem;
CREATE TEXT SEARCH PARSER cutter (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE pattern (INIT = dsimple_init, LEXIZE = dsimple_lexize);

-- Tables.
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10 CACHE 5) PRIMARY KEY,
  code code NOT NULL, state state DEFAULT 'open', net numeric(10,2) CHECK (net > 0), gross numeric GENERATED ALWAYS AS (net * 1.2) STORED,
  during tsrange, tags text[] DEFAULT '{}', shape small,
  UNIQUE NULLS NOT DISTINCT (code) INCLUDE (net), EXCLUDE USING gist (during WITH &&) WHERE (state = 'open') DEFERRABLE
) WITH (fillfactor = 80, toast.autovacuum_enabled = off);
ALTER TABLE orders ALTER tags SET STORAGE EXTERNAL, ALTER net SET STATISTICS 500, ALTER code SET (n_distinct = -1);
ALTER TABLE orders ADD CONSTRAINT later CHECK (net < 1000) NOT VALID;
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE INDEX orders_words ON orders USING gin (to_tsvector('public.words', code::text));
CREATE STATISTICS orders_stats (ndistinct, mcv) ON net, (lower(code::text)) FROM orders;
CREATE TABLE parent (id int, note text DEFAULT 'p' NOT NULL, CHECK (id > 0));
CREATE TABLE child (own int, note text DEFAULT 'c') INHERITS (parent);
CREATE TABLE typed OF pair (a PRIMARY KEY);
CREATE UNLOGGED TABLE scratch ();
CREATE TABLE events (at date NOT NULL, kind text, PRIMARY KEY (at, kind)) PARTITION BY RANGE (at);
CREATE TABLE z_events PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (kind);
CREATE TABLE a_events PARTITION OF z_events FOR VALUES IN ('a', NULL);
CREATE TABLE rest (kind text NOT NULL, at date NOT NULL);
ALTER TABLE events ATTACH PARTITION rest DEFAULT;
CREATE INDEX events_kind ON events (kind);
CREATE INDEX only_above ON ONLY events (lower(kind));

-- What fires, rewrites and guards.
CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamped BEFORE INSERT OR UPDATE OF net ON orders FOR EACH ROW WHEN (NEW.net > 1) EXECUTE FUNCTION on_row('{}', 'it''s');
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_row();
ALTER TABLE orders ENABLE ALWAYS TRIGGER stamped;
CREATE TRIGGER in_parts AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION on_row();
ALTER TABLE a_events DISABLE TRIGGER in_parts;
CREATE RULE kept AS ON DELETE TO parent DO INSTEAD NOTHING;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON orders AS RESTRICTIVE FOR UPDATE TO torture_reader USING (net > 1) WITH CHECK (true);
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER watch DISABLE;

-- Views, one over the other in an order that no alphabet gives.
CREATE VIEW z_first AS SELECT id, net FROM orders WHERE net > 1 WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW m_second AS SELECT id, sum(net) AS net FROM z_first GROUP BY id;
CREATE UNIQUE INDEX ON m_second (id);
CREATE VIEW a_third AS SELECT * FROM m_second;
CREATE MATERIALIZED VIEW a_fourth AS SELECT * FROM a_third WITH NO DATA;

-- What reaches outside.
CREATE FOREIGN DATA WRAPPER far OPTIONS (debug 'true');
CREATE SERVER away TYPE 't' VERSION '1' FOREIGN DATA WRAPPER far OPTIONS (host 'it''s');
CREATE USER MAPPING FOR torture_reader SERVER away OPTIONS (user 'me');
CREATE FOREIGN TABLE distant (a int OPTIONS (name 'A') NOT NULL, b text) SERVER away OPTIONS (x '{}');
CREATE PUBLICATION feed FOR TABLE orders (id, net) WHERE (id > 1), TABLE ring WITH (publish = 'insert');
CREATE SUBSCRIPTION intake CONNECTION '' PUBLICATION feed WITH (connect = false, slot_name = NONE);
CREATE EXTENSION citext;
CREATE TABLE with_citext (c citext DEFAULT 'x'::citext);

-- Who owns and may.
SELECT lo_create(424242);
GRANT SELECT ON LARGE OBJECT 424242 TO torture_reader;
ALTER TABLE orders OWNER TO torture_owner;
ALTER FUNCTION even(int) OWNER TO torture_owner;
ALTER SCHEMA "Odd {} %s "" schema" OWNER TO torture_owner;
GRANT SELECT (id), UPDATE (net) ON orders TO torture_reader;
GRANT SELECT ON orders TO torture_reader WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE orders_id_seq TO torture_reader;
REVOKE EXECUTE ON FUNCTION odd(int) FROM PUBLIC;
GRANT USAGE ON TYPE pair TO torture_reader;
REVOKE USAGE ON TYPE state FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE torture_owner GRANT SELECT ON TABLES TO torture_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- What came with 18.
DO $do$ BEGIN IF current_setting('server_version_num')::int >= 180000 THEN
  EXECUTE $$
    CREATE TABLE since_18 (
      room int4range, during tsrange, twice int GENERATED ALWAYS AS (lower(room) * 2) VIRTUAL,
      CONSTRAINT whole_time PRIMARY KEY (room, during WITHOUT OVERLAPS), CONSTRAINT unheeded CHECK (twice > 3) NOT ENFORCED
    );
    CREATE TABLE stays (room int4range, during tsrange, note text,
      FOREIGN KEY (room, PERIOD during) REFERENCES since_18 (room, PERIOD during));
    ALTER TABLE stays ADD CONSTRAINT some_note NOT NULL note NOT VALID;
    COMMENT ON CONSTRAINT some_note ON stays IS 'old rows have none';
  $$;
END IF; END $do$;

-- A foreign key that relies on the key that was there first, not on the primary key that came later.
CREATE TABLE named (name text, CONSTRAINT name_first UNIQUE (name));
CREATE TABLE naming (name text REFERENCES named (name));
ALTER TABLE named ADD PRIMARY KEY (name);

-- A materialized view of an owner who may not read what it is made of.
CREATE TABLE hidden AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW shown AS SELECT n FROM hidden;
ALTER MATERIALIZED VIEW shown OWNER TO torture_owner;
GRANT SELECT ON shown TO torture_reader;
