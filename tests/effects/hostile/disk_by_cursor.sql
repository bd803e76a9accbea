-- long: ended outgrew|refused 53400
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT repeat('x', 1000) FROM generate_series(1, 1000000000);
COMMIT;
