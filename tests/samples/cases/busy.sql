-- triggers, rules, policies, inheritance, rows that are there, names that need quotes
-- fewer: seeded 2
CREATE TABLE guarded (id int PRIMARY KEY, total int NOT NULL);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not like this'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE guarded ENABLE ALWAYS TRIGGER refuse;
CREATE TABLE ruled (id int PRIMARY KEY);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE secret (id int PRIMARY KEY);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON secret USING (false);
CREATE TABLE parent (id int CHECK (id < 100)); CREATE TABLE heir (note text) INHERITS (parent);
CREATE TABLE "Order Line" ("Id" serial PRIMARY KEY, "select" text CHECK ("select" <> 'x'), "ü%s {d}" text DEFAULT '{d} %s {');
CREATE TABLE seeded (id serial PRIMARY KEY, name text UNIQUE CHECK (name IN ('one', 'two')));
INSERT INTO seeded (name) VALUES ('one'), ('two');
CREATE TABLE of_seeded (id serial PRIMARY KEY, seeded_id int NOT NULL REFERENCES seeded, name text REFERENCES seeded (name));
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON of_seeded DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE UNLOGGED TABLE volatile (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL DEFAULT now(), n float8 DEFAULT random());
CREATE SEQUENCE shared;
CREATE TABLE drawn_a (id int PRIMARY KEY DEFAULT nextval('shared')); CREATE TABLE drawn_b (id int PRIMARY KEY DEFAULT nextval('shared'));
CREATE VIEW seen AS SELECT * FROM seeded;
CREATE TEMPORARY TABLE gone (id int);
