CREATE TYPE account_kind AS ENUM ('asset', 'liability', 'equity', 'income', 'expense');

CREATE TABLE bookkeepers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE bookkeepers IS 'A person who may book.';

-- A chart of accounts is loaded in any order, so a parent is looked for at commit.
CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind account_kind NOT NULL,
    currency char(3) NOT NULL,
    parent_id bigint REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED,
    normal_sign smallint NOT NULL
        GENERATED ALWAYS AS (CASE WHEN kind IN ('asset', 'expense') THEN 1 ELSE -1 END) STORED,
    closed_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, currency)
);
CREATE INDEX accounts_parent_id_idx ON accounts (parent_id);
CREATE INDEX accounts_code_prefix_idx ON accounts (code text_pattern_ops);
COMMENT ON TABLE accounts IS 'A line of the chart of accounts, in one currency.';
COMMENT ON COLUMN accounts.normal_sign IS '1 where debits raise the balance, -1 where credits do.';
