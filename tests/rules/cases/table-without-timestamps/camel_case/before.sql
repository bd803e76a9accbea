CREATE TABLE "Event" (id int PRIMARY KEY, "createdAt" timestamp(3), "userId" int);
