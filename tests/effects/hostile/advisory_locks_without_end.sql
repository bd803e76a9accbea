-- long: refused 53200|ended longer
DO $$ BEGIN FOR i IN 1..100000000 LOOP PERFORM pg_advisory_lock(i); END LOOP; END $$;
