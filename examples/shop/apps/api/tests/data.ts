// An empty database before each test, and what most tests start from.
import { db } from "../src/db.js";

/** Empties every table but Prisma's own. */
export async function empty(): Promise<void> {
  const tables = await db.$queryRaw<{ name: string }[]>`
    SELECT quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY tablename`;
  await db.$executeRawUnsafe(`TRUNCATE ${tables.map((table) => table.name).join(", ")} RESTART IDENTITY CASCADE`);
}

/** A customer with an address. */
export async function customer(email = "ada@example.org") {
  return db.customer.create({
    data: {
      email,
      fullName: "Ada",
      passwordHash: "scrypt:not-a-real-one",
      addresses: {
        create: { line1: "1 High Street", postalCode: "AB1 2CD", city: "Aberdeen", countryCode: "GB", isDefault: true },
      },
    },
    include: { addresses: true },
  });
}

/** Products that are for sale, each a euro dearer than the one before. */
export async function products(...skus: string[]) {
  await db.product.createMany({
    data: skus.map((sku, index) => ({ sku, name: `Product ${sku}`, priceCents: 100 * (index + 1) })),
  });
  return db.product.findMany({ orderBy: { priceCents: "asc" } });
}
