CREATE CONVERSION public.mine FOR 'LATIN1' TO 'UTF8' FROM pg_catalog.iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION public."By Default" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION public.mine IS 'mine';
