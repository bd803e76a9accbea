CREATE TABLE "Visit's" (page text);
