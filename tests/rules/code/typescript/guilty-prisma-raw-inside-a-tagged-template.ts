// guilty: sql-built-from-strings; also raw-sql-beside-the-orm
import { Prisma } from "@prisma/client";
export function sorted(column: string) {
  return prisma.$queryRaw`SELECT id FROM orders ORDER BY ${Prisma.raw(column)} LIMIT 10`;
}
