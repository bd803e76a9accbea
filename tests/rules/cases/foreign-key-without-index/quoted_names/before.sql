CREATE TABLE "Order" (id int PRIMARY KEY);
CREATE TABLE "Order Line" ("order" int REFERENCES "Order");
