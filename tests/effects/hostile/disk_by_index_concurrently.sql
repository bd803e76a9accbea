-- long: ended outgrew|ended longer
CREATE TABLE t (id int);
INSERT INTO t SELECT generate_series(1, 400000);
CREATE FUNCTION f(i int) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT string_agg(md5(i::text || n), '') FROM generate_series(1, 60) n $$;
CREATE INDEX CONCURRENTLY i ON t (f(id));
