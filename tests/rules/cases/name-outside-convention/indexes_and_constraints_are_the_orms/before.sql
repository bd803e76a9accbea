CREATE TABLE orders (id int CONSTRAINT "Orders_PK" PRIMARY KEY, a_0 int, a_1 int, a_2 int, a_3 int, a_4 int, a_5 int);
CREATE INDEX "Orders_A_Idx" ON orders (a_1);
