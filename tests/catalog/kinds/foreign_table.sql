-- Foreign-data wrappers, servers, user mappings and foreign tables.
CREATE FOREIGN DATA WRAPPER nothing OPTIONS (debug 'true');
CREATE EXTENSION postgres_fdw;
CREATE FOREIGN DATA WRAPPER checked VALIDATOR postgres_fdw_validator;
CREATE FOREIGN DATA WRAPPER "Handled" HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER nothing IS 'reaches nothing';
CREATE SERVER elsewhere TYPE 'a type' VERSION '1''2' FOREIGN DATA WRAPPER nothing OPTIONS ("Key Name" 'it''s', a 'b');
CREATE SERVER near FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', dbname 'x', use_remote_estimate 'true');
COMMENT ON SERVER near IS 'a neighbour';
GRANT USAGE ON FOREIGN DATA WRAPPER nothing TO pg_monitor;
GRANT USAGE ON FOREIGN SERVER near TO pg_monitor WITH GRANT OPTION;
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere;
CREATE USER MAPPING FOR CURRENT_USER SERVER near OPTIONS (user 'somebody', password_required 'false');
CREATE USER MAPPING FOR pg_monitor SERVER near OPTIONS (user 'else');
CREATE FOREIGN TABLE far (
    id bigint OPTIONS (column_name 'ID', "A b" 'c') NOT NULL,
    name varchar(20) COLLATE "C" DEFAULT 'none',
    twice bigint GENERATED ALWAYS AS (id * 2) STORED,
    CONSTRAINT positive CHECK (id > 0)
) SERVER elsewhere OPTIONS (schema_name 'there', table_name 'Far');
ALTER FOREIGN TABLE far ALTER COLUMN name SET STATISTICS 50;
ALTER FOREIGN TABLE far ALTER COLUMN name OPTIONS (ADD x 'y');
COMMENT ON FOREIGN TABLE far IS 'somewhere';
COMMENT ON COLUMN far.name IS 'of it';
GRANT SELECT ON far TO pg_monitor;
GRANT UPDATE (name) ON far TO pg_monitor;
CREATE FOREIGN TABLE empty () SERVER elsewhere;
CREATE TABLE parent (id bigint NOT NULL, note text);
CREATE FOREIGN TABLE child (more int) INHERITS (parent) SERVER elsewhere;
CREATE TABLE measured (at date NOT NULL, value int, CONSTRAINT sane CHECK (value < 1000)) PARTITION BY RANGE (at);
CREATE FOREIGN TABLE measured_2020 PARTITION OF measured FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')
    SERVER elsewhere OPTIONS (table_name 'm2020');
CREATE FOREIGN TABLE measured_2021 (value int, at date NOT NULL, CONSTRAINT sane CHECK (value < 1000)) SERVER near;
ALTER TABLE measured ATTACH PARTITION measured_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE FUNCTION on_far() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER before_far BEFORE INSERT ON far FOR EACH ROW EXECUTE FUNCTION on_far();
CREATE VIEW seen AS SELECT id, name FROM far;
