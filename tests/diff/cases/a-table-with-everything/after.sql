CREATE TABLE customers (id integer PRIMARY KEY, email text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, total numeric(10,2));

CREATE TABLE refunds (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id integer NOT NULL REFERENCES orders,
  customer_id integer NOT NULL REFERENCES customers,
  number serial UNIQUE,
  reason text CHECK (reason <> ''),
  doubled integer GENERATED ALWAYS AS (order_id * 2) STORED
);
CREATE INDEX refunds_order_id_idx ON refunds (order_id);
CREATE INDEX refunds_customer_id_idx ON refunds (customer_id);
COMMENT ON TABLE refunds IS 'Money given back.';
COMMENT ON COLUMN refunds.reason IS 'In the customer''s words.';
