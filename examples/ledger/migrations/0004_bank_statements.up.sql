CREATE TABLE bank_statement_lines (
    account_id bigint NOT NULL REFERENCES accounts (id),
    statement text NOT NULL,
    line_no integer NOT NULL,
    value_date date NOT NULL,
    amount numeric(18, 4) NOT NULL,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bank_statement_lines_amount_check CHECK (amount <> 0)
);
CREATE INDEX bank_statement_lines_account_id_statement_idx ON bank_statement_lines (account_id, statement);
COMMENT ON TABLE bank_statement_lines IS 'What the bank reports, as it came in.';

CREATE TABLE reconciliations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL UNIQUE REFERENCES transactions (id),
    statement text NOT NULL,
    line_no integer NOT NULL,
    bookkeeper_id bigint NOT NULL REFERENCES bookkeepers (id),
    matched_at timestamp NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (statement, line_no)
);
CREATE INDEX reconciliations_bookkeeper_id_idx ON reconciliations (bookkeeper_id) INCLUDE (transaction_id);
