CREATE TABLE "par""ent" (id int PRIMARY KEY);
CREATE TABLE "x'; DROP TABLE y; --" (U&"a\000A::error::b" int REFERENCES "par""ent");
