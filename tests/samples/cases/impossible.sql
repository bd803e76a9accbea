-- unfilled: never_true, no_partition, of_never, opposite
CREATE TABLE never_true (a int NOT NULL CHECK (a < 0 AND a > 0));
CREATE TABLE no_partition (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE of_never (id int PRIMARY KEY, a int NOT NULL REFERENCES no_partition);
CREATE TABLE of_never_or_not (id int PRIMARY KEY, a int REFERENCES no_partition);
CREATE TABLE opposite (a int CHECK (a IS NULL), b int NOT NULL CHECK (b IS NULL));
CREATE TABLE fine (id int);
