CREATE SCHEMA other;
CREATE SEQUENCE other.s;
CREATE TABLE a (id bigint PRIMARY KEY DEFAULT nextval('other.s'));
