-- long: ended longer|ended outgrew|refused 42501
DO $$ BEGIN LOOP PERFORM pg_logical_emit_message(false, 'x', repeat('x', 10000000)); END LOOP; END $$;
