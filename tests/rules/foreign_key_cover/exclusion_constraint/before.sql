CREATE TABLE parent (a int PRIMARY KEY);
CREATE TABLE child (a int REFERENCES parent, x int, pad text, k int GENERATED ALWAYS AS IDENTITY,
  EXCLUDE USING gist (a WITH =, int4range(k, k + 1) WITH &&));
