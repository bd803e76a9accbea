CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt (ref int REFERENCES parent);
CREATE TABLE ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt (id int PRIMARY KEY);
