CREATE SCHEMA "Reports";
CREATE TABLE orders (id int); CREATE TABLE carts (id int); CREATE TABLE users (id int);
CREATE VIEW "OrdersByUser" AS SELECT 1 AS id;
CREATE TYPE "State" AS ENUM ('a');
