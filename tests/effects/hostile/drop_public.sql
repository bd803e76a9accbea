-- harmless
DROP SCHEMA public CASCADE;
CREATE SCHEMA other;
CREATE TABLE other.t (id int);
