-- every way to be unique
-- fewer: by_char 26
CREATE TABLE one (id int PRIMARY KEY, code varchar(2) UNIQUE, flag boolean, UNIQUE (id, flag));
CREATE TABLE two (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, slug text NOT NULL UNIQUE DEFAULT 'none');
CREATE TABLE pair (one_id int REFERENCES one, two_id bigint REFERENCES two, PRIMARY KEY (one_id, two_id));
CREATE TABLE three (a smallint, b uuid, c text, PRIMARY KEY (a, b, c), UNIQUE (c, a));
CREATE TABLE lower_case (email text NOT NULL);
CREATE UNIQUE INDEX ON lower_case (lower(email));
CREATE TABLE partial (id serial PRIMARY KEY, owner int NOT NULL REFERENCES one, main boolean NOT NULL DEFAULT true);
CREATE UNIQUE INDEX ON partial (main) WHERE main;
CREATE TABLE active (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'active');
CREATE UNIQUE INDEX ON active (state) WHERE state = 'active';
CREATE TABLE with_include (id int, note text);
CREATE UNIQUE INDEX ON with_include (id) INCLUDE (note);
CREATE TABLE by_char (kind "char" PRIMARY KEY, day date UNIQUE, at timestamptz UNIQUE, amount numeric(6, 2) UNIQUE);
CREATE TABLE generated (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED UNIQUE);
CREATE TABLE generated_child (n int, m int GENERATED ALWAYS AS (length('a') + 7000) STORED REFERENCES one, b int REFERENCES generated (b));
