CREATE TYPE status AS ENUM ('new', 'paid');
CREATE TABLE orders (id integer, total numeric(10,2) NOT NULL, status status DEFAULT 'new', "Old Note" text);
