-- A note.

--  migrate:up  transaction:false
CREATE INDEX CONCURRENTLY ON a (id);
-- migrate:down
DROP INDEX a_id_idx;
