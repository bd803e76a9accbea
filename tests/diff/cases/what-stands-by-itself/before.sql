CREATE SCHEMA shop;
CREATE TYPE status AS ENUM ('new', 'paid', 'sent');
CREATE SEQUENCE numbers;
CREATE TABLE t (a integer, b integer);
CREATE TABLE u (c integer);
CREATE VIEW v AS SELECT t.a FROM t, u;
COMMENT ON VIEW v IS 'What is shown.';
