-- A note.

-- +goose Up
CREATE TABLE a (id int PRIMARY KEY);
-- +goose Down
DROP TABLE a;
