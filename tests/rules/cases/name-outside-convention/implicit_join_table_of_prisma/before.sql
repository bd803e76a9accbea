CREATE TABLE "_postToTag" ("A" int, "B" int);
CREATE TABLE posts (id int);
