CREATE TABLE "Mail" (id int, "a0B" int, "a1B" int, "a2B" int, "a3B" int, "a4B" int, "a5B" int, "to" date);
CREATE TABLE "MailBox" (id int);
