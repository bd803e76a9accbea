-- refused 42501,42704|harmless
CREATE TABLE t (id int);
GRANT SELECT ON t TO pgmason;
ALTER TABLE t OWNER TO pgmason_base;
