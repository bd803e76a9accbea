-- long: ended longer|ended outgrew|refused 54000,0A000
LISTEN a;
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..100000000 LOOP PERFORM pg_notify('a', i || repeat('x', 7000)); COMMIT; END LOOP; END $$;
CALL p();
