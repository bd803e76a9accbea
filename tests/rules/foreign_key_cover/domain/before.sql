CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TABLE parent (a text PRIMARY KEY);
CREATE TABLE child (a code REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child (a);
