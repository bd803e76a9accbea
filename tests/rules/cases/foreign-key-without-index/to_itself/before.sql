CREATE TABLE category (id int PRIMARY KEY, parent int REFERENCES category);
