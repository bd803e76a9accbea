CREATE TABLE users (id int, name text, email text);
CREATE TABLE orders (id int);
