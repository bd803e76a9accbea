CREATE TABLE entries (
    booked_on date NOT NULL,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    line_no smallint NOT NULL,
    account_id bigint NOT NULL,
    currency char(3) NOT NULL,
    amount numeric(18, 4) NOT NULL,
    memo text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (booked_on, transaction_id, line_no),
    FOREIGN KEY (account_id, currency) REFERENCES accounts (id, currency),
    CONSTRAINT entries_amount_check CHECK (amount <> 0)
) PARTITION BY RANGE (booked_on);

CREATE INDEX entries_transaction_id_idx ON entries (transaction_id);
CREATE INDEX entries_currency_account_id_booked_on_idx ON entries (currency, account_id, booked_on);

CREATE TABLE entries_2026_01 PARTITION OF entries FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE entries_2026_02 PARTITION OF entries FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

COMMENT ON TABLE entries IS 'What a transaction moves on one account.';
COMMENT ON COLUMN entries.amount IS 'Debits are positive, credits negative, in the currency of the account.';
