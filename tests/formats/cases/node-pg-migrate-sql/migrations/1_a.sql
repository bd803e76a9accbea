-- Up Migration
CREATE TABLE a (id int PRIMARY KEY);
-- Down Migration
DROP TABLE a;
