-- refused P0001
DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 10000000) USING DETAIL = repeat('d', 10000000), HINT = repeat('h', 10000000); END $$;
