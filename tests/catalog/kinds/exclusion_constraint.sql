CREATE TABLE booked (
  room int4range, during tsrange, note text, cancelled boolean,
  EXCLUDE USING gist (during WITH &&),
  CONSTRAINT "One Room {}" EXCLUDE USING gist (room WITH =, during WITH &&) INCLUDE (note) WITH (fillfactor = 70)
    WHERE (NOT cancelled) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT same_note EXCLUDE USING btree (lower(note) COLLATE "C" text_pattern_ops WITH =) DEFERRABLE,
  CONSTRAINT hashed EXCLUDE USING hash (note WITH =)
);
COMMENT ON CONSTRAINT "One Room {}" ON booked IS 'nobody twice';
COMMENT ON INDEX "One Room {}" IS 'its index';
ALTER TABLE booked CLUSTER ON booked_during_excl;
ALTER INDEX same_note ALTER COLUMN 1 SET STATISTICS 500;
