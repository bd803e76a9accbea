CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE t (
  a integer,
  b integer NOT NULL,
  c integer CONSTRAINT t_c_fkey REFERENCES parent ON DELETE CASCADE,
  d integer CONSTRAINT t_d_fkey REFERENCES parent MATCH FULL,
  CONSTRAINT t_pkey PRIMARY KEY (a, b),
  CONSTRAINT positive CHECK (b >= 0)
);
