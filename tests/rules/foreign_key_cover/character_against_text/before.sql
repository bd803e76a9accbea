CREATE TABLE parent (a text PRIMARY KEY);
CREATE TABLE child (a character(8) REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child (a);
