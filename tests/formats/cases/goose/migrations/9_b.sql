-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY ON a (id);

-- +goose Down
DROP INDEX a_id_idx;
