CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text COLLATE "C" NOT NULL,
  net numeric(10, 2) NOT NULL,
  gross numeric GENERATED ALWAYS AS (net * 1.2) STORED,
  state state NOT NULL DEFAULT 'open',
  CONSTRAINT orders_code_key UNIQUE (code) INCLUDE (net)
);
ALTER TABLE orders ADD CONSTRAINT net_positive CHECK (net > 0) NOT VALID;
CREATE TABLE lines (
  id serial PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  note text
);
CREATE INDEX lines_open ON lines (lower(note), order_id DESC NULLS LAST) WHERE note IS NOT NULL;
CREATE TABLE events (at timestamptz NOT NULL, what text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW open_orders AS SELECT id, code FROM orders WHERE state = 'open';
CREATE MATERIALIZED VIEW totals AS SELECT sum(net) AS net FROM orders;
COMMENT ON VIEW open_orders IS 'what is open';
COMMENT ON COLUMN open_orders.code IS 'as printed';
COMMENT ON COLUMN orders.net IS 'before tax';
