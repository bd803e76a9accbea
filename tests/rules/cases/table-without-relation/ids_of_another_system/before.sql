CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p);
CREATE TABLE payment (id int PRIMARY KEY, stripe_id text);
