CREATE TABLE t (id int PRIMARY KEY, worth money, "totalAmount" real);
