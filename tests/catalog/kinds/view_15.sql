-- needs: 15
CREATE TABLE plain (id int);
CREATE VIEW invoking WITH (security_invoker = true, security_barrier = true) AS SELECT id FROM plain WITH LOCAL CHECK OPTION;
