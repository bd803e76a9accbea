-- refused 42939,42704,42601,0P000,22023
CREATE TABLE t (id int);
GRANT SELECT ON t TO "none";
ALTER TABLE t OWNER TO "pg_execute_server_program";
