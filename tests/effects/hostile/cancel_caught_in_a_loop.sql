-- long: ended longer
DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN OTHERS OR query_canceled THEN NULL; END; END LOOP; END $$;
