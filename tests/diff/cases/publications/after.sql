CREATE TABLE t (a integer PRIMARY KEY, b integer);
CREATE TABLE u (a integer PRIMARY KEY);
CREATE SCHEMA shop;
CREATE PUBLICATION feed FOR TABLE t (a, b) WHERE (a > 10), u WITH (publish = 'insert, update');
CREATE PUBLICATION nothing;
