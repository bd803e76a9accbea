CREATE TABLE parent (a text PRIMARY KEY);
CREATE TABLE child (a text REFERENCES parent, x int, pad text);
CREATE INDEX child_idx ON child (a text_pattern_ops);
