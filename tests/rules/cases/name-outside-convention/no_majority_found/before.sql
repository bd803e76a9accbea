CREATE TABLE t (id int, "a0B" int, "a1B" int, "a2B" int, "a3B" int, "a4B" int, c_0 int, c_1 int, c_2 int, c_3 int, c_4 int);
