-- conditions as products write them
CREATE DOMAIN positive AS int CHECK (VALUE > 0) CHECK (VALUE < 100000000);
CREATE DOMAIN year AS int CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE DOMAIN address AS text NOT NULL CHECK (VALUE ~ '^[a-zA-Z0-9.]+@[a-z0-9-]+\.[a-z]{2,}$');
CREATE DOMAIN country AS char(2) CHECK (VALUE ~ '^[A-Z]{2}$');
CREATE TABLE domains (a positive, b year, c address, d country NOT NULL, e positive[] NOT NULL);
CREATE TABLE numbers (
    a int CHECK (a < 0), b int NOT NULL CHECK (b BETWEEN 1 AND 5), c numeric CHECK (c > 0 AND c <= 1),
    d float8 CHECK (d >= -90 AND d <= 90), e int CHECK (e % 2 = 1), f int CHECK (f IN (3, 5, 8)), g int CHECK (g <> 7001),
    h bigint CHECK (h >= 1099511627776), i int UNIQUE CHECK (i < 0)
);
CREATE TABLE texts (
    a text CHECK (a IN ('red', 'green')), b text NOT NULL CHECK (length(b) >= 10), c text CHECK (char_length(c) <= 3),
    d text CHECK (d ~ '^[a-z][a-z0-9_-]*$'), e text CHECK (e LIKE 'https://%'), f text CHECK (f = lower(f) AND f <> ''),
    g text CHECK (g ~ '^#[0-9a-fA-F]{6}$'), h text CHECK (position('@' IN h) > 1), i text CHECK (trim(i) <> ''),
    j varchar(40) UNIQUE CHECK (j ~* '^(foo|bar)-[[:digit:]]{3,9}$'), k text CHECK (octet_length(k) = 64),
    l text CHECK (k IS NULL OR l IS NOT NULL), m text CHECK (m !~ '[0-9]')
);
CREATE TABLE moments (
    begins timestamptz NOT NULL, ends timestamptz NOT NULL, CHECK (ends > begins),
    first date, last date, CHECK (first < last), after timestamp CHECK (after >= '2030-01-01'),
    length interval CHECK (length > '1 year'), CHECK (extract(year FROM first) > 1990)
);
CREATE TABLE documents (
    a jsonb CHECK (jsonb_typeof(a) = 'array'), b jsonb CHECK (b ? 'name'), c json CHECK (json_typeof(c) = 'object'),
    d bytea CHECK (octet_length(d) = 32), e text[] CHECK (cardinality(e) BETWEEN 2 AND 4),
    f text[] CHECK (array_length(f, 1) > 0), g text[] CHECK (f <@ ARRAY['x', 'y']), h int[] CHECK (1 = ANY (h))
);
CREATE TABLE together (
    kind text NOT NULL CHECK (kind IN ('card', 'cash')), card text, amount int,
    CHECK ((kind = 'card' AND card IS NOT NULL) OR (kind = 'cash' AND card IS NULL AND amount > 0)),
    low int, high int, CHECK (low < high), CHECK (coalesce(low, 0) >= 0),
    total int GENERATED ALWAYS AS (low + high) STORED CHECK (total < 0 OR total > 5)
);
CREATE FUNCTION even(i int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT i % 2 = 0';
CREATE TABLE by_function (a int CHECK (even(a)));
