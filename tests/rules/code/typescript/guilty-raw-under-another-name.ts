// guilty: sql-built-from-strings; also raw-sql-beside-the-orm
import { Prisma as P } from "@prisma/client";
const { raw: verbatim } = P;
export function sorted(column: string) {
  return prisma.$queryRaw`SELECT id FROM orders ORDER BY ${verbatim(column)} LIMIT 10`;
}
