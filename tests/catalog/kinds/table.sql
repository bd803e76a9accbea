CREATE SCHEMA "Odd Schema";
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE tuned (id int, body text) WITH (
  fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_vacuum_threshold = 1000, user_catalog_table = true,
  toast.autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.05
);
ALTER TABLE tuned SET (parallel_workers = 4), RESET (autovacuum_enabled);
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
CREATE TABLE another_method (id int, t text) USING heap_too WITH (fillfactor = 90);
CREATE TYPE pair AS (a int, "B b" text);
CREATE TABLE typed OF pair;
CREATE TABLE "Typed Too" OF pair ("B b" WITH OPTIONS NOT NULL DEFAULT 'b', a PRIMARY KEY, CHECK (a > 0));
ALTER TABLE "Typed Too" ALTER "B b" SET STORAGE EXTERNAL;
CREATE TABLE whole (id int);
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE silent (id int);
ALTER TABLE silent REPLICA IDENTITY NOTHING;
CREATE TABLE by_index (id int NOT NULL, other int NOT NULL UNIQUE);
CREATE UNIQUE INDEX by_index_id ON by_index (id);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_id;
CREATE TABLE by_key (id int NOT NULL, CONSTRAINT the_key UNIQUE (id));
ALTER TABLE by_key REPLICA IDENTITY USING INDEX the_key;
CREATE TABLE clustered (id int PRIMARY KEY, at date);
CREATE INDEX clustered_at ON clustered (at);
ALTER TABLE clustered CLUSTER ON clustered_at;
CREATE TABLE clustered_by_key (id int PRIMARY KEY);
ALTER TABLE clustered_by_key CLUSTER ON clustered_by_key_pkey;
CREATE TABLE guarded (id int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE TABLE "Odd Schema"."Forced {}" (id int);
ALTER TABLE "Odd Schema"."Forced {}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE FUNCTION checked(whole) RETURNS boolean LANGUAGE sql AS 'SELECT $1.id > 0';
ALTER TABLE whole ADD CHECK (checked(whole));
CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM public.silent; END;
ALTER TABLE silent ALTER id SET DEFAULT how_many();
COMMENT ON TABLE tuned IS 'with care';
