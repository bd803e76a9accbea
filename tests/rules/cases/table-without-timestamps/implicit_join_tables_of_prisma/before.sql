CREATE TABLE "_AToB" ("A" int NOT NULL, "B" int NOT NULL);
CREATE TABLE "_friends" ("A" int NOT NULL, "B" int NOT NULL);
