-- long: ended outgrew
DO $$ BEGIN FOR i IN 1..100000 LOOP PERFORM lo_from_bytea(0, convert_to(repeat(md5(i::text), 300000), 'UTF8')); END LOOP; END $$;
