CREATE TABLE p (id bigint PRIMARY KEY, code varchar(20) UNIQUE);
CREATE TABLE c (id int PRIMARY KEY, code varchar(10) REFERENCES p (code));
