-- needs: 15
CREATE TABLE nulls (a int, b int, UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b));
CREATE UNIQUE INDEX no_nulls ON nulls (b) NULLS NOT DISTINCT;
CREATE TABLE kept (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE refers (tenant int, id int,
  FOREIGN KEY (tenant, id) REFERENCES kept ON DELETE SET NULL (id),
  CONSTRAINT again FOREIGN KEY (tenant, id) REFERENCES kept ON DELETE SET DEFAULT (id, tenant));
