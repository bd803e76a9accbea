CREATE TABLE a (id uuid PRIMARY KEY);
CREATE TABLE country (code text PRIMARY KEY);
CREATE TABLE year (number int PRIMARY KEY);
CREATE TABLE pair (a int, b serial, PRIMARY KEY (a, b));
