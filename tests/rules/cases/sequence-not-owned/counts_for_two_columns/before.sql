CREATE SEQUENCE s;
CREATE TABLE a (id bigint PRIMARY KEY DEFAULT nextval('s'));
CREATE TABLE b (id bigint PRIMARY KEY DEFAULT nextval('s'));
