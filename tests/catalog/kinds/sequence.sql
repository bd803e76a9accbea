CREATE SCHEMA "Odd Schema";
CREATE SEQUENCE plain;
CREATE SEQUENCE "Odd Schema"."A {} sequence" AS smallint START WITH 5 INCREMENT BY -2 MINVALUE -100 MAXVALUE 50 CACHE 20 CYCLE;
CREATE SEQUENCE downward INCREMENT BY -1;
CREATE SEQUENCE ints AS integer MAXVALUE 1000;
CREATE TABLE owner (id serial, big bigserial, small smallserial, other int DEFAULT nextval('plain'), "A {}" int);
CREATE SEQUENCE owned OWNED BY owner."A {}";
CREATE TABLE shared (id int DEFAULT nextval('owned'));
COMMENT ON SEQUENCE plain IS 'counts';
