-- refused 54011
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE t (' || string_agg('c' || i || ' int', ', ') || ')' FROM generate_series(1, 2000) i); END $$;
