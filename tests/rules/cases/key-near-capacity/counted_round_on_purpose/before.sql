CREATE SEQUENCE s AS smallint CYCLE;
CREATE TABLE t (id bigint PRIMARY KEY, slot smallint DEFAULT nextval('s'));
