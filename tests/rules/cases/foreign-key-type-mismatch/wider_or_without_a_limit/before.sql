CREATE TABLE p (id int PRIMARY KEY, code varchar(20) UNIQUE);
CREATE TABLE c (id int PRIMARY KEY, p_id bigint REFERENCES p, code text REFERENCES p (code));
