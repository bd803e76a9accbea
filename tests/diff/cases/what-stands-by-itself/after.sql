CREATE TYPE status AS ENUM ('new', 'paid', 'packed', 'sent');
CREATE TYPE size AS ENUM ('s', 'l');
CREATE SEQUENCE numbers INCREMENT 10 CYCLE;
CREATE UNLOGGED TABLE t (a integer, b integer);
CREATE TABLE u (c integer);
CREATE VIEW v AS SELECT t.a, u.c FROM t, u WHERE t.a > 0;
COMMENT ON VIEW v IS 'What is shown,
to whom.';
