CREATE TABLE base (a integer);
CREATE VIEW t AS SELECT a FROM base;
