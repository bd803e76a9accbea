DROP TABLE reconciliations;
DROP TABLE bank_statement_lines;
