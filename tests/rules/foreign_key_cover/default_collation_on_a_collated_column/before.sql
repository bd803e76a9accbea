CREATE TABLE parent (a text PRIMARY KEY);
CREATE TABLE child (a text COLLATE "POSIX" REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child (a COLLATE "default");
