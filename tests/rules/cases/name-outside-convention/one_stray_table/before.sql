CREATE TABLE customers (id int); CREATE TABLE orders (id int); CREATE TABLE carts (id int);
CREATE TABLE "OrderLine" (id int);
