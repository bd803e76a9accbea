CREATE TABLE t (id int PRIMARY KEY, now text CHECK (now <> 'random()'), CHECK (lower(now) = now));
