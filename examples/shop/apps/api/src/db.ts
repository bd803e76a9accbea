// The one client of this process, and the type of a client inside a transaction.
import { PrismaPg } from "@prisma/adapter-pg";
import { Prisma, PrismaClient } from "@prisma/client";

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 10 });

export const db = new PrismaClient({ adapter });

export type Transaction = Prisma.TransactionClient;
