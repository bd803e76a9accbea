-- long: ended outgrew|ended longer
DO $$ BEGIN FOR i IN 1..100000 LOOP PERFORM lo_from_bytea(0, convert_to((SELECT string_agg(md5(i::text || j), '') FROM generate_series(1, 100000) j), 'UTF8')); END LOOP; END $$;
