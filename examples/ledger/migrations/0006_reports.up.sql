CREATE TABLE exchange_rates (
    base char(3) NOT NULL,
    quote char(3) NOT NULL,
    valid_on date NOT NULL,
    rate numeric(18, 8) NOT NULL,
    PRIMARY KEY (base, quote, valid_on),
    CONSTRAINT exchange_rates_rate_check CHECK (rate > 0)
);
COMMENT ON TABLE exchange_rates IS 'Units of quote for one unit of base, from the central bank.';

-- Auditors search by reference.
CREATE INDEX transactions_reference_idx ON transactions (reference);

-- Yearly sums of the yen accounts came near the limit.
ALTER TABLE entries ALTER COLUMN amount TYPE numeric(20, 4);

CREATE VIEW trial_balance AS
SELECT
    a.id AS account_id,
    a.code,
    a.name,
    a.kind,
    a.currency,
    COALESCE(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS debits,
    COALESCE(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS credits,
    a.normal_sign * COALESCE(sum(e.amount), 0) AS balance
FROM accounts a
LEFT JOIN entries e ON e.account_id = a.id AND e.currency = a.currency
GROUP BY a.id;
COMMENT ON VIEW trial_balance IS 'All that was ever booked on each account; debits and credits are equal in each currency.';
