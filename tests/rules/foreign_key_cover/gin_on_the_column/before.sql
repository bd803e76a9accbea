CREATE TABLE parent (a int PRIMARY KEY);
CREATE TABLE child (a int REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child USING gin (a);
