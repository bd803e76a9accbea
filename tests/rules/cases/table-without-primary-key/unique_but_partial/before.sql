CREATE TABLE token (value text NOT NULL, used boolean);
CREATE UNIQUE INDEX token_open ON token (value) WHERE NOT used;
