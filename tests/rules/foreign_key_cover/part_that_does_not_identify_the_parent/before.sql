CREATE TABLE parent (a int NOT NULL, b int PRIMARY KEY, UNIQUE (a, b));
CREATE TABLE child (a int, b int, x int, pad text, FOREIGN KEY (a, b) REFERENCES parent (a, b));
CREATE INDEX child_idx ON child (a);
