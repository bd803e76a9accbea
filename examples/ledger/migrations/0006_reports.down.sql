DROP VIEW trial_balance;
ALTER TABLE entries ALTER COLUMN amount TYPE numeric(18, 4);
DROP INDEX transactions_reference_idx;
DROP TABLE exchange_rates;
