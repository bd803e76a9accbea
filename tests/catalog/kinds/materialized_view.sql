CREATE SCHEMA "Odd Schema";
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE plain (id int PRIMARY KEY, name text);
CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM plain;
CREATE MATERIALIZED VIEW empty AS SELECT id FROM kept WITH NO DATA;
CREATE MATERIALIZED VIEW "Odd Schema"."Kept {}" ("An id") USING heap_too WITH (fillfactor = 70, toast.autovacuum_enabled = off)
  AS SELECT id, name || '50% {}' AS name FROM kept;
ALTER MATERIALIZED VIEW kept ALTER name SET STORAGE EXTERNAL, ALTER id SET STATISTICS 50, ALTER id SET (n_distinct = 9);
CREATE VIEW above AS SELECT * FROM kept;
CREATE MATERIALIZED VIEW higher AS SELECT * FROM above;
CREATE UNIQUE INDEX ON kept (id);
COMMENT ON MATERIALIZED VIEW kept IS 'kept';
COMMENT ON COLUMN kept.id IS 'its id';
