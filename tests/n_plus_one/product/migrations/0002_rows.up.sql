INSERT INTO customers (name, email)
SELECT 'customer ' || n, 'Customer' || n || '@example.org' FROM generate_series(1, 1200) AS n;

INSERT INTO products (sku, price_cents) SELECT 'SKU-' || lpad(n::text, 5, '0'), n * 100 FROM generate_series(1, 40) AS n;

INSERT INTO orders (id, customer_id, status, placed_on)
SELECT md5(n::text)::uuid, 1 + n % 6, 'open', date '2026-01-01' + n FROM generate_series(1, 12) AS n;

INSERT INTO order_lines (order_id, product_id, quantity)
SELECT md5(n::text)::uuid, 1 + (n * 3 + l) % 40, l FROM generate_series(1, 12) AS n, generate_series(1, 3) AS l;

INSERT INTO categories (parent_id, name) VALUES (NULL, 'all');
INSERT INTO categories (parent_id, name) SELECT 1, 'branch ' || n FROM generate_series(1, 4) AS n;
INSERT INTO categories (parent_id, name) SELECT 2 + n % 4, 'leaf ' || n FROM generate_series(1, 8) AS n;

INSERT INTO tickets (priority, subject) SELECT 1 + n % 5, 'ticket ' || n FROM generate_series(1, 60) AS n;

INSERT INTO events (customer_id, what) SELECT 1 + n % 6, 'event ' || n FROM generate_series(1, 60) AS n;
