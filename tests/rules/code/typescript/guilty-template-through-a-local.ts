// guilty: sql-built-from-strings
import { PrismaClient } from "@prisma/client";
const prisma = new PrismaClient();
export async function report(userId: string, sort: string) {
  let sql = "SELECT id, total FROM orders WHERE user_id = $1";
  if (sort) {
    sql += ` ORDER BY ${sort}`;
  }
  return prisma.$queryRawUnsafe(sql, userId);
}
