CREATE TABLE token (value text NOT NULL);
CREATE UNIQUE INDEX token_value ON token (value DESC);
