CREATE TABLE transactions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    booked_on date NOT NULL,
    description text NOT NULL,
    bookkeeper_id bigint NOT NULL REFERENCES bookkeepers (id),
    reverses_id bigint REFERENCES transactions (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT transactions_reverses_another_check CHECK (reverses_id <> id)
);

-- The journal of a month is read from the index alone.
CREATE INDEX transactions_booked_on_idx ON transactions (booked_on) INCLUDE (bookkeeper_id, reference);

-- A transaction is reversed once at most.
CREATE UNIQUE INDEX transactions_reverses_id_key ON transactions (reverses_id) WHERE reverses_id IS NOT NULL;

COMMENT ON TABLE transactions IS 'One business event; its entries add up to zero in each currency.';
COMMENT ON COLUMN transactions.reference IS 'The number on the paper: an invoice, a receipt, a statement.';
