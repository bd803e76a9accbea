CREATE TABLE p (id bigint PRIMARY KEY, code varchar(20) UNIQUE);
CREATE DOMAIN small AS integer;
CREATE TABLE c (id int PRIMARY KEY, p_id small REFERENCES p);
