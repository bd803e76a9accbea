CREATE TABLE t0 (id int, created_at timestamptz, updated_at timestamptz);
CREATE TABLE t1 (id int, created_at timestamptz, updated_at timestamptz);
CREATE TABLE t2 (id int, created_at timestamptz, updated_at timestamptz);
CREATE TABLE t3 (id int, created_at timestamptz, updated_at timestamptz);
CREATE TABLE t4 (id int, created_at timestamptz, updated_at timestamptz);
CREATE TABLE z (id int, at timestamp);
