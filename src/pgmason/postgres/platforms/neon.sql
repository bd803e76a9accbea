-- What Neon puts into a database, as far as products speak of it: the mirror of Neon Auth, and the claims of its tokens.

CREATE SCHEMA neon_auth;
CREATE TABLE neon_auth.users_sync (
    raw_json jsonb NOT NULL,
    id text GENERATED ALWAYS AS (raw_json ->> 'id') STORED NOT NULL PRIMARY KEY,
    name text GENERATED ALWAYS AS (raw_json ->> 'display_name') STORED,
    email text GENERATED ALWAYS AS (raw_json ->> 'primary_email') STORED,
    created_at timestamptz,
    updated_at timestamptz,
    deleted_at timestamptz
);
CREATE SCHEMA auth;
CREATE FUNCTION auth.session() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
CREATE FUNCTION auth.user_id() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
$$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
GRANT USAGE ON SCHEMA neon_auth, auth TO pgmason_owner, authenticated, anonymous;
GRANT ALL ON ALL TABLES IN SCHEMA neon_auth TO pgmason_owner;
