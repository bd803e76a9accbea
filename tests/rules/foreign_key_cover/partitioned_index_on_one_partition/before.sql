CREATE TABLE parent (a int PRIMARY KEY);
CREATE TABLE child (a int REFERENCES parent, x int NOT NULL, pad text) PARTITION BY RANGE (x);
CREATE TABLE child_low PARTITION OF child FOR VALUES FROM (0) TO (25);
CREATE TABLE child_high PARTITION OF child FOR VALUES FROM (25) TO (100);
CREATE INDEX child_low_idx ON child_low (a);
