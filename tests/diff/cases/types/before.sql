CREATE DOMAIN amount AS numeric(12, 2) CONSTRAINT positive CHECK (VALUE > 0);
CREATE DOMAIN gone AS text COLLATE "C" NOT NULL DEFAULT 'x' CHECK (VALUE <> '');
CREATE TYPE address AS (street text, number integer, town text);
COMMENT ON COLUMN address.street IS 'without number';
CREATE TYPE span AS RANGE (subtype = integer);
CREATE COLLATION sorted FROM "C";
