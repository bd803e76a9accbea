-- long: ended longer
SET client_min_messages = debug1;
DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('x', 1000000); END LOOP; END $$;
