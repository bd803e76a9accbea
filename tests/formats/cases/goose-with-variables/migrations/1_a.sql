-- +goose Up
-- +goose ENVSUB ON
CREATE TABLE a (id int DEFAULT ${X});
