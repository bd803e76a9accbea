CREATE TABLE parent (id int PRIMARY KEY, org int NOT NULL, UNIQUE (org, id));
CREATE TABLE org (id int PRIMARY KEY);
CREATE TABLE child (org int REFERENCES org, parent int, FOREIGN KEY (org, parent) REFERENCES parent (org, id));
CREATE INDEX ON child (org);
