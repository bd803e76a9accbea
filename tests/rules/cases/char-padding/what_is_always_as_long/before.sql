CREATE TABLE t (id int PRIMARY KEY, currency char(3), ean13 char(13), sha char(64), flag "char", c char);
