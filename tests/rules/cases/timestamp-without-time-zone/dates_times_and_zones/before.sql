CREATE TABLE a (id int, d date, t time, z timestamptz(3), i interval, s timestamp[]);
