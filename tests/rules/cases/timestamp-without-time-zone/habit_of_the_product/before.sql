CREATE TABLE "T0" (id int, "createdAt" timestamp(3), "updatedAt" timestamp(3));
CREATE TABLE "T1" (id int, "createdAt" timestamp(3), "updatedAt" timestamp(3));
CREATE TABLE "T2" (id int, "createdAt" timestamp(3), "updatedAt" timestamp(3));
CREATE TABLE "T3" (id int, "createdAt" timestamp(3), "updatedAt" timestamp(3));
CREATE TABLE "T4" (id int, "createdAt" timestamp(3), "updatedAt" timestamp(3));
CREATE TABLE z (id int, at timestamptz);
