// innocent: sql-built-from-strings; also raw-sql-beside-the-orm
import { Prisma } from "@prisma/client";
export function byIds(ids: string[], name?: string) {
  const filter = name ? Prisma.sql`AND name = ${name}` : Prisma.empty;
  return prisma.$queryRaw`SELECT id, name FROM users WHERE id IN (${Prisma.join(ids)}) ${filter}`;
}
