CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (ref int REFERENCES parent, x int, y int);
CREATE INDEX i0 ON child (x, ref, y) WHERE x > 0;
CREATE INDEX i1 ON child (x, ref, y) WHERE x > 1;
CREATE INDEX i2 ON child (x, ref, y) WHERE x > 2;
CREATE INDEX i3 ON child (x, ref, y) WHERE x > 3;
CREATE INDEX i4 ON child (x, ref, y) WHERE x > 4;
