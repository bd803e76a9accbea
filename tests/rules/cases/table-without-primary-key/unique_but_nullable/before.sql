CREATE TABLE token (value text UNIQUE);
