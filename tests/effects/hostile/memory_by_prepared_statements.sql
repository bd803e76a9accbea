-- long: refused 53200|ended longer|ended memory
DO $$ BEGIN FOR i IN 1..100000000 LOOP EXECUTE format('PREPARE p%s AS SELECT %L', i, repeat('x', 100000)); END LOOP; END $$;
