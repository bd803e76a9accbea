// innocent: sql-built-from-strings; also raw-sql-beside-the-orm
import { Prisma } from "@prisma/client";
const newerThan = (day: Date) => Prisma.sql`placed_at > ${day}`;
export class OrderReports {
  constructor(private readonly prisma: PrismaClient) {}
  private both(a: Prisma.Sql, b: Prisma.Sql) {
    return Prisma.sql`${a} AND ${b}`;
  }
  open(day: Date, owner: string) {
    const where = this.both(newerThan(day), Prisma.sql`owner = ${owner}`);
    return this.prisma.$queryRaw`SELECT id FROM orders WHERE ${where} LIMIT 100`;
  }
}
