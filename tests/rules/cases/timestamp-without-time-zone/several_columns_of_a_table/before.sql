CREATE TABLE a (id int, shipped_at timestamp(3), paid_at timestamp, created_at timestamptz);
CREATE INDEX a_paid_at_idx ON a (paid_at);
