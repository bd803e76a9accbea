CREATE SCHEMA audit;
CREATE SCHEMA billing;
CREATE TABLE people (id serial PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE audit.visits (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people);
CREATE INDEX visits_person_id_idx ON audit.visits (person_id);
CREATE TABLE legacy_orders (id int);
CREATE TABLE billing.invoices (id int);
CREATE TABLE forgotten (id serial PRIMARY KEY);
