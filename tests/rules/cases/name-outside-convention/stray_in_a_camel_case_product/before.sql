CREATE TABLE "OrderLine" (id int, "a0B" int, "a1B" int, "a2B" int, "a3B" int, "a4B" int, "a5B" int, friendly_id int);
CREATE TABLE "Order" (id int, "a0B" int, "a1B" int, "a2B" int, "a3B" int, "a4B" int, "a5B" int);
