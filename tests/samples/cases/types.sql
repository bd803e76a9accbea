-- every built-in type, and what is made of them
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TYPE spot AS (x int, y numeric(4, 1), mood mood);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TYPE words AS RANGE (subtype = text);
CREATE TABLE built_in (
    a bool NOT NULL, b int2 NOT NULL UNIQUE, c int4 NOT NULL, d int8 NOT NULL, e numeric(3, 2) NOT NULL, f numeric(10, 4) NOT NULL,
    g float4 NOT NULL, h float8 NOT NULL, i money NOT NULL, j text NOT NULL, k varchar(3) NOT NULL, l char(5) NOT NULL,
    m "char" NOT NULL, n name NOT NULL, o bytea NOT NULL, p date NOT NULL, q time NOT NULL, r timetz NOT NULL, s timestamp NOT NULL,
    t timestamptz(3) NOT NULL, u interval NOT NULL, v uuid NOT NULL, w json NOT NULL, x jsonb NOT NULL, y inet NOT NULL, z cidr NOT NULL,
    aa macaddr NOT NULL, ab macaddr8 NOT NULL, ac bit(3) NOT NULL, ad bit varying(70) NOT NULL, ae bit(1) NOT NULL, af point NOT NULL,
    ag line NOT NULL, ah lseg NOT NULL, ai box NOT NULL, aj path NOT NULL, ak polygon NOT NULL, al circle NOT NULL,
    am tsvector NOT NULL, an tsquery NOT NULL, ao oid NOT NULL, ap regclass NOT NULL, aq pg_lsn NOT NULL, ar jsonpath NOT NULL,
    at txid_snapshot NOT NULL, au numeric(2, 0) NOT NULL, av bit varying NOT NULL, aw xid8 NOT NULL, ax varchar NOT NULL, ay bpchar NOT NULL
);
CREATE TABLE made (
    a mood NOT NULL, b spot NOT NULL, c int4range NOT NULL, d tstzrange NOT NULL, e span NOT NULL, f words NOT NULL, g numrange NOT NULL,
    h int4multirange NOT NULL, i mood[] NOT NULL, j spot[] NOT NULL, k text[][] NOT NULL, l daterange NOT NULL, m varchar(2)[] NOT NULL
);
CREATE TABLE unique_types (a bytea UNIQUE, b inet UNIQUE, c uuid UNIQUE, d tstzrange UNIQUE, e jsonb UNIQUE, f numeric(12, 2) UNIQUE,
    g int[] UNIQUE, h interval UNIQUE, i macaddr UNIQUE, j bit(20) UNIQUE, k date UNIQUE);
CREATE TABLE excluded (room int, during tstzrange, EXCLUDE USING gist (during WITH &&));
CREATE TABLE excluded_spot (c circle, EXCLUDE USING gist (c WITH &&));
CREATE TABLE nothing ();
