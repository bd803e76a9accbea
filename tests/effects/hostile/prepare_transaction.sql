-- refused 55000
BEGIN;
CREATE TABLE t (id int);
PREPARE TRANSACTION 'forever';
