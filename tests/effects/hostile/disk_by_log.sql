-- long: ended longer
DO $$ BEGIN LOOP RAISE LOG '%', repeat('x', 100000); RAISE WARNING '%', repeat('x', 1000); END LOOP; END $$;
