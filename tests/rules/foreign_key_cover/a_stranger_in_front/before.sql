CREATE TABLE parent (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE child (a int, b int, x int, pad text, FOREIGN KEY (a, b) REFERENCES parent (a, b));
CREATE INDEX child_idx ON child (x, a, b);
