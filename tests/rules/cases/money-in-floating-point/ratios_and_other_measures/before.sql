CREATE TABLE t (id int PRIMARY KEY, price_factor real, discount_percent real, total_score double precision, weight real, price numeric, costly real);
