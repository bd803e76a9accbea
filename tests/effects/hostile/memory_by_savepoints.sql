-- long: refused 53200|ended longer|ended outgrew
CREATE TABLE t (id int);
DO $$ BEGIN FOR i IN 1..100000000 LOOP BEGIN INSERT INTO t VALUES (i); EXCEPTION WHEN unique_violation THEN NULL; END; END LOOP; END $$;
