CREATE TABLE t (id int PRIMARY KEY, line1 text, line2 text, sha1 text, sha256 text, sha512 text, q1 int, q2 int, q3 text);
