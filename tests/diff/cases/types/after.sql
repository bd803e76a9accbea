CREATE DOMAIN amount AS numeric(12, 2) DEFAULT 0 NOT NULL CONSTRAINT positive CHECK (VALUE >= 0);
ALTER DOMAIN amount ADD CONSTRAINT bounded CHECK (VALUE < 1000) NOT VALID;
CREATE DOMAIN added AS integer CONSTRAINT positive CHECK (VALUE > 0);
CREATE TYPE address AS (street varchar(80) COLLATE "C", number integer, country text);
COMMENT ON COLUMN address.street IS 'with number';
CREATE TYPE pair AS (a integer, "B b" text[]);
CREATE TYPE span AS RANGE (subtype = bigint);
CREATE COLLATION sorted FROM "POSIX";
