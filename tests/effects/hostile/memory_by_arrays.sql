-- long: refused 53200,54000|ended longer|ended memory
DO $$ DECLARE a text[]; b jsonb := '[]'; BEGIN
  FOR i IN 1..1000 LOOP a[i] := repeat('x', 100000000); END LOOP;
END $$;
