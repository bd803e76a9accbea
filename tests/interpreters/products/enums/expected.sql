CREATE TYPE order_state AS ENUM ('open', 'settled', 'refunded');
CREATE TABLE orders (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    state order_state DEFAULT 'open' NOT NULL,
    note text,
    tags text[] DEFAULT '{}' NOT NULL
);
COMMENT ON COLUMN orders.note IS '100% of it''s kept; \ too';
GRANT SELECT ON orders TO reporting;
