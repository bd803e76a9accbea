-- rambler up
CREATE TABLE a (id int PRIMARY KEY);
-- rambler down
DROP TABLE a;
