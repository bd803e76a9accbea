CREATE TABLE parent (a text PRIMARY KEY);
CREATE TABLE child (a varchar(20) REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child (a);
