CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."Keys {}" (
  a int, b int, "c d" text, e text,
  CONSTRAINT "the {} key" PRIMARY KEY (b, a) INCLUDE (e) WITH (fillfactor = 60),
  CONSTRAINT uncommon UNIQUE ("c d") WITH (fillfactor = 50, deduplicate_items = off) DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (a, e) DEFERRABLE,
  CONSTRAINT "50%" CHECK ("c d" LIKE '50%' AND e <> '{}'),
  CHECK (a + b > 0),
  CONSTRAINT not_here CHECK (a IS NOT NULL) NO INHERIT
);
CREATE TABLE nulls (a int, b int);
CREATE TABLE refers (
  id int PRIMARY KEY, a int, b int, t text,
  FOREIGN KEY (b, a) REFERENCES "Odd Schema"."Keys {}" MATCH FULL ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT self FOREIGN KEY (a) REFERENCES refers ON DELETE SET DEFAULT DEFERRABLE,
  CONSTRAINT "later {}" FOREIGN KEY (b) REFERENCES refers (id) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE refers ADD CONSTRAINT unchecked FOREIGN KEY (b) REFERENCES refers NOT VALID;
ALTER TABLE refers ADD CONSTRAINT unchecked_too CHECK (t <> '') NOT VALID;
ALTER TABLE refers ADD CONSTRAINT unchecked_here CHECK (t <> 'x') NO INHERIT NOT VALID;
CREATE TABLE one (id int PRIMARY KEY, other int);
CREATE TABLE other (id int PRIMARY KEY, one int REFERENCES one);
ALTER TABLE one ADD FOREIGN KEY (other) REFERENCES other;
CREATE UNIQUE INDEX became_a_key ON nulls (a, b DESC);
CREATE UNIQUE INDEX became_a_key_too ON nulls (b);
ALTER TABLE nulls ADD CONSTRAINT from_an_index UNIQUE USING INDEX became_a_key_too;
CREATE TABLE refers_to_an_index (b int REFERENCES nulls (b));
COMMENT ON CONSTRAINT "50%" ON "Odd Schema"."Keys {}" IS 'it''s half';
COMMENT ON CONSTRAINT "the {} key" ON "Odd Schema"."Keys {}" IS 'the key';
COMMENT ON CONSTRAINT self ON refers IS 'itself';
