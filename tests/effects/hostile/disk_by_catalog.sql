-- long: ended outgrew|ended longer|refused 53200
DO $$ BEGIN FOR i IN 1..10000000 LOOP EXECUTE format('CREATE TABLE t%s (a int, b text)', i); COMMIT; END LOOP; END $$;
