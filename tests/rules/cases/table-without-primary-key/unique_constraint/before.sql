CREATE TABLE token (value text NOT NULL UNIQUE);
