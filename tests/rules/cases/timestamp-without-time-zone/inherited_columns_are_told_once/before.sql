CREATE TABLE base (id int, at timestamp);
CREATE TABLE child (own_at timestamp) INHERITS (base);
