CREATE TABLE plain (id int PRIMARY KEY, note text);
CREATE TABLE told (id int);
CREATE TABLE log (what text, at timestamptz DEFAULT now());
CREATE RULE nothing AS ON DELETE TO plain DO INSTEAD NOTHING;
CREATE RULE "Two Actions" AS ON UPDATE TO plain WHERE old.note IS DISTINCT FROM new.note
  DO ALSO (INSERT INTO log (what) VALUES (new.note || '; {}'); DELETE FROM log WHERE what IS NULL);
CREATE RULE also AS ON INSERT TO plain DO ALSO INSERT INTO log (what) VALUES ('insert');
CREATE VIEW shown AS SELECT id, note FROM plain;
CREATE RULE shown_insert AS ON INSERT TO shown DO INSTEAD
  INSERT INTO plain VALUES (new.id, new.note) RETURNING id, note;
CREATE RULE off AS ON INSERT TO log WHERE new.what IS NULL DO INSTEAD NOTHING;
CREATE RULE replicas AS ON UPDATE TO log DO INSTEAD NOTHING;
CREATE RULE everywhere AS ON DELETE TO log WHERE old.what = 'kept' DO INSTEAD NOTHING;
ALTER TABLE log DISABLE RULE off, ENABLE REPLICA RULE replicas, ENABLE ALWAYS RULE everywhere;
COMMENT ON RULE nothing ON plain IS 'keeps every row';
CREATE RULE tells AS ON DELETE TO told DO ALSO (NOTIFY changed; INSERT INTO log (what) VALUES (old.id::text));
