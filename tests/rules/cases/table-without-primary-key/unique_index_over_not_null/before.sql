CREATE TABLE token (value text NOT NULL);
CREATE UNIQUE INDEX token_value_key ON token (value);
