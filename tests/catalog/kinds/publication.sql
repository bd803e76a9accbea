-- Publications in all their forms.
CREATE SCHEMA shop;
CREATE TABLE orders (id int PRIMARY KEY, total int, note text);
CREATE TABLE shop."Order Line" (id int PRIMARY KEY, flag boolean NOT NULL);
CREATE TABLE logs (at date, line text) PARTITION BY RANGE (at);
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root);
CREATE PUBLICATION nothing;
CREATE PUBLICATION inserts FOR TABLE orders, logs WITH (publish = 'insert, truncate');
CREATE PUBLICATION muted FOR TABLE orders WITH (publish = '');
CREATE PUBLICATION part FOR TABLE orders (id, total) WHERE (total > 10 AND id <> 3), shop."Order Line";
CREATE PUBLICATION "By Schema" FOR TABLES IN SCHEMA shop, public;
CREATE PUBLICATION mixed FOR TABLE orders, TABLES IN SCHEMA shop;
COMMENT ON PUBLICATION part IS 'a part';
