-- needs: 18
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE rooms (room int, during daterange, other daterange,
  PRIMARY KEY (room, during WITHOUT OVERLAPS), CONSTRAINT uncommon UNIQUE (room, other WITHOUT OVERLAPS));
CREATE TABLE stays (room int, during daterange, FOREIGN KEY (room, PERIOD during) REFERENCES rooms (room, PERIOD during));
CREATE TABLE unenforced (id int PRIMARY KEY, a int CHECK (a > 0) NOT ENFORCED, b int REFERENCES unenforced NOT ENFORCED,
  c int CONSTRAINT named NOT NULL, d int NOT NULL NO INHERIT, e int, f int, virtual int GENERATED ALWAYS AS (a + 1));
ALTER TABLE unenforced ADD CONSTRAINT "not yet {}" NOT NULL e NOT VALID, ADD NOT NULL f NOT VALID;
CREATE TABLE parent (a int CONSTRAINT a_is_there NOT NULL, b int NOT NULL, c int, d int NOT NULL NO INHERIT);
CREATE TABLE child (a int NOT NULL, c int NOT NULL) INHERITS (parent);
CREATE TABLE child_too () INHERITS (parent);
ALTER TABLE child_too ALTER b SET NOT NULL, ADD CONSTRAINT c_is_there NOT NULL c, ALTER d SET NOT NULL;
CREATE TABLE parts (id int GENERATED ALWAYS AS IDENTITY, at date CONSTRAINT at_is_there NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE parts_2 (note text CONSTRAINT mine NOT NULL, at date CONSTRAINT own_name NOT NULL, id int NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE TABLE renamed (a int NOT NULL);
ALTER TABLE renamed RENAME a TO b;
CREATE TABLE excluded (a int4range, b int, EXCLUDE USING gist (b WITH =, a WITH &&)) PARTITION BY LIST (b);
CREATE TABLE excluded_1 PARTITION OF excluded FOR VALUES IN (1);
COMMENT ON CONSTRAINT named ON unenforced IS 'said';
