CREATE TABLE a (id int, birth_date timestamp);
