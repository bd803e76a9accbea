CREATE TABLE t (id int, a_0 int, a_1 int, a_2 int, a_3 int, a_4 int, a_5 int, "2fa_code" text);
