-- Large objects are data, but for what is granted on them.
SELECT lo_create(4711);
SELECT lo_create(4712);
GRANT SELECT ON LARGE OBJECT 4711 TO pg_monitor;
GRANT UPDATE ON LARGE OBJECT 4711 TO PUBLIC;
ALTER LARGE OBJECT 4711 OWNER TO pg_read_all_data;
COMMENT ON LARGE OBJECT 4711 IS 'a picture';
