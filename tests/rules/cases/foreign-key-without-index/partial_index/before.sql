CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (ref int REFERENCES parent, gone boolean);
CREATE INDEX child_open ON child (ref) WHERE NOT gone;
