CREATE SCHEMA shop;
CREATE TYPE status AS ENUM ('new', 'paid', 'sent');
CREATE SEQUENCE numbers;
CREATE TABLE t (a integer, b integer);
CREATE VIEW v AS SELECT a FROM t;
COMMENT ON VIEW v IS 'What is shown.';
