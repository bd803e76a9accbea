CREATE TABLE parent (id numeric PRIMARY KEY);
CREATE TABLE child (ref int REFERENCES parent);
CREATE INDEX ON child (ref);
