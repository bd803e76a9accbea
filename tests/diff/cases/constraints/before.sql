CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE t (
  a integer CONSTRAINT t_pkey PRIMARY KEY,
  b integer CONSTRAINT t_b_key UNIQUE,
  c integer CONSTRAINT t_c_fkey REFERENCES parent,
  d integer CONSTRAINT t_d_fkey REFERENCES parent,
  CONSTRAINT positive CHECK (b > 0)
);
