ALTER TABLE transactions
    ADD COLUMN source text NOT NULL DEFAULT 'manual',
    ADD CONSTRAINT transactions_source_check CHECK (source IN ('manual', 'bank', 'payroll'));
