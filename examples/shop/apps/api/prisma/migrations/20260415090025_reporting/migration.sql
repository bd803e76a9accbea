-- CreateIndex
CREATE INDEX "orders_customer_id_placed_at_idx" ON "orders"("customer_id", "placed_at");

-- CreateIndex
CREATE INDEX "payments_webhook_lookup_idx" ON "payments"("provider_reference");

-- By hand: the retry job reads failed payments only.
CREATE INDEX "payments_failed_order_id_idx" ON "payments"("order_id", "created_at") WHERE "status" = 'failed';

-- By hand: what no row may claim.
ALTER TABLE "products" ADD CONSTRAINT "products_price_cents_check" CHECK ("price_cents" >= 0);

ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_quantity_check" CHECK ("quantity" > 0);

ALTER TABLE "payments" ADD CONSTRAINT "payments_amount_cents_check" CHECK ("amount_cents" > 0);

ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_on_hand_check" CHECK ("on_hand" >= 0);

-- By hand: what is still to be paid for each order.
CREATE VIEW "order_balance" AS
SELECT
    o."id" AS "order_id",
    o."order_number",
    o."currency",
    o."total_cents",
    COALESCE(SUM(p."amount_cents") FILTER (WHERE p."status" = 'captured'), 0) AS "captured_cents",
    o."total_cents" - COALESCE(SUM(p."amount_cents") FILTER (WHERE p."status" = 'captured'), 0) AS "due_cents"
FROM "orders" o
LEFT JOIN "payments" p ON p."order_id" = o."id"
WHERE o."status" <> 'cancelled'
GROUP BY o."id";

-- By hand: what the tables are for.
COMMENT ON TABLE "customers" IS 'A person or company that has an account in the shop.';
COMMENT ON COLUMN "customers"."password_hash" IS 'scrypt, salt included; never the password itself.';
COMMENT ON COLUMN "customers"."tax_number" IS 'VAT or tax number of a business customer, printed on the invoice.';
COMMENT ON TABLE "addresses" IS 'A postal address of a customer, for delivery and billing.';
COMMENT ON TABLE "categories" IS 'A node of the catalogue''s tree.';
COMMENT ON TABLE "products" IS 'Something that can be ordered, in one size and colour.';
COMMENT ON COLUMN "products"."price_cents" IS 'Gross price today, in the smallest unit of the currency.';
COMMENT ON TABLE "orders" IS 'What a customer bought, with the address it goes to.';
COMMENT ON COLUMN "orders"."order_number" IS 'The number that customers read to support.';
COMMENT ON TABLE "order_lines" IS 'One product within an order, at the price of that day.';
COMMENT ON TABLE "payments" IS 'One attempt to collect money for an order.';
COMMENT ON COLUMN "payments"."card_last4" IS 'The four digits that a receipt may show.';
COMMENT ON TABLE "warehouses" IS 'A building that goods are kept in.';
COMMENT ON TABLE "inventory_movements" IS 'A change of a stock level, and why it happened.';
COMMENT ON TABLE "return_requests" IS 'A customer''s wish to send an order back.';
COMMENT ON TABLE "audit_log" IS 'Who changed what. Rows are only ever added: a trigger rejects the rest.';
COMMENT ON VIEW "order_balance" IS 'What is still to be paid for each order that was not cancelled.';
