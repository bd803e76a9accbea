// Rows for development: a small shop with a past. Every write is an upsert or is
// skipped where its row exists, so the seed can run again at any time.
import { scryptSync } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import { type OrderStatus, type PaymentStatus, PrismaClient } from "@prisma/client";

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL });
const prisma = new PrismaClient({ adapter });

/** The same readable UUID for the same kind and number, run after run. */
function id(kind: number, n: number): string {
  return `00000000-0000-4000-8${kind.toString(16).padStart(3, "0")}-${n.toString(16).padStart(12, "0")}`;
}
const CUSTOMER = 1, ADDRESS = 2, ORDER = 3, PAYMENT = 4, WAREHOUSE = 5, MOVEMENT = 6, RETURN = 7, AUDIT = 8;

function passwordHash(password: string, salt: string): string {
  return `scrypt$${salt}$${scryptSync(password, salt, 32).toString("base64")}`;
}

const categories = [
  { slug: "kitchen", name: "Kitchen", parent: null },
  { slug: "cookware", name: "Pots and pans", parent: "kitchen" },
  { slug: "knives", name: "Knives", parent: "kitchen" },
  { slug: "garden", name: "Garden", parent: null },
  { slug: "tools", name: "Garden tools", parent: "garden" },
];

const products = [
  { sku: "PAN-28", ean13: "2000000000015", name: "Cast-iron pan, 28 cm", priceCents: 4990, in: ["cookware"] },
  { sku: "POT-05", ean13: "2000000000022", name: "Stock pot, 5 l", priceCents: 6490, in: ["cookware"] },
  { sku: "KNF-20", ean13: "2000000000039", name: "Chef's knife, 20 cm", priceCents: 8900, in: ["knives"] },
  { sku: "KNF-09", ean13: "2000000000046", name: "Paring knife, 9 cm", priceCents: 2450, in: ["knives"] },
  { sku: "SPD-01", ean13: "2000000000053", name: "Digging spade", priceCents: 5400, in: ["tools"] },
  { sku: "SHR-02", ean13: "2000000000060", name: "Pruning shears", priceCents: 3200, in: ["tools", "knives"] },
];

const customers = [
  { email: "ada.holm@example.com", fullName: "Ada Holm", phone: "+45 5550 0101", city: "Aarhus", postalCode: "8000", countryCode: "DK", taxNumber: null },
  { email: "office@bistro-nord.example", fullName: "Bistro Nord", phone: "+49 30 5550 102", city: "Berlin", postalCode: "10115", countryCode: "DE", taxNumber: "DE000000102" },
  { email: "marek.wolny@example.org", fullName: "Marek Wolny", phone: null, city: "Gdynia", postalCode: "81-001", countryCode: "PL", taxNumber: null },
  { email: "lucia.ferro@example.net", fullName: "Lucia Ferro", phone: "+39 02 5550 0104", city: "Milano", postalCode: "20121", countryCode: "IT", taxNumber: null },
];

const warehouses = [
  { code: "HAM", name: "Hamburg harbour", countryCode: "DE" },
  { code: "POZ", name: "Poznan west", countryCode: "PL" },
];

const orders: { customer: number; status: OrderStatus; payment: PaymentStatus | null; placedAt: string; lines: [string, number][] }[] = [
  { customer: 0, status: "delivered", payment: "captured", placedAt: "2026-02-02T09:14:00Z", lines: [["PAN-28", 1], ["KNF-09", 2]] },
  { customer: 1, status: "shipped", payment: "captured", placedAt: "2026-03-11T16:40:00Z", lines: [["POT-05", 4], ["PAN-28", 4], ["KNF-20", 2]] },
  { customer: 2, status: "pending", payment: "failed", placedAt: "2026-04-03T20:05:00Z", lines: [["SPD-01", 1]] },
  { customer: 0, status: "paid", payment: "captured", placedAt: "2026-04-12T07:55:00Z", lines: [["SHR-02", 1], ["SPD-01", 1]] },
  { customer: 3, status: "cancelled", payment: null, placedAt: "2026-04-13T11:30:00Z", lines: [["KNF-20", 1]] },
];

async function seedCatalog(): Promise<Map<string, { id: string; priceCents: number }>> {
  const categoryIds = new Map<string, string>();
  for (const { slug, name, parent } of categories) {
    const data = { name, parentId: parent === null ? null : categoryIds.get(parent)! };
    const row = await prisma.category.upsert({ where: { slug }, create: { slug, ...data }, update: data });
    categoryIds.set(slug, row.id);
  }
  const bySku = new Map<string, { id: string; priceCents: number }>();
  for (const { in: shownIn, ...product } of products) {
    const row = await prisma.product.upsert({
      where: { sku: product.sku },
      create: { ...product, availableFrom: new Date("2026-01-15") },
      update: product,
    });
    bySku.set(row.sku, row);
    await prisma.productCategory.createMany({
      data: shownIn.map((slug, position) => ({ productId: row.id, categoryId: categoryIds.get(slug)!, position })),
      skipDuplicates: true,
    });
  }
  return bySku;
}

async function seedCustomers(): Promise<void> {
  for (const [n, { city, postalCode, countryCode, ...customer }] of customers.entries()) {
    await prisma.customer.upsert({
      where: { id: id(CUSTOMER, n) },
      create: {
        id: id(CUSTOMER, n),
        ...customer,
        passwordHash: passwordHash("correct horse", `salt-${n}`),
        marketingOptIn: n % 2 === 0,
        addresses: {
          create: { id: id(ADDRESS, n), line1: `Market Street ${n + 1}`, city, postalCode, countryCode, isDefault: true },
        },
      },
      update: customer,
    });
  }
}

async function seedStock(bySku: Map<string, { id: string }>): Promise<void> {
  for (const [n, warehouse] of warehouses.entries()) {
    await prisma.warehouse.upsert({
      where: { code: warehouse.code },
      create: { id: id(WAREHOUSE, n), ...warehouse },
      update: warehouse,
    });
  }
  const levels = [...bySku.values()].flatMap((product) =>
    warehouses.map((_, n) => ({ productId: product.id, warehouseId: id(WAREHOUSE, n), onHand: 40 - 15 * n, reorderAt: 10 })),
  );
  await prisma.stockLevel.createMany({ data: levels, skipDuplicates: true });
  await prisma.inventoryMovement.createMany({
    data: levels.map(({ productId, warehouseId, onHand }, n) => ({
      id: id(MOVEMENT, n),
      productId,
      warehouseId,
      delta: onHand,
      reason: "purchase" as const,
      occurredAt: new Date("2026-01-20T08:00:00Z"),
    })),
    skipDuplicates: true,
  });
}

async function seedOrders(bySku: Map<string, { id: string; priceCents: number }>): Promise<void> {
  for (const [n, { customer, status, payment, placedAt, lines }] of orders.entries()) {
    const priced = lines.map(([sku, quantity], index) => {
      const product = bySku.get(sku)!;
      return { lineNo: index + 1, productId: product.id, quantity, unitPriceCents: product.priceCents };
    });
    const totalCents = priced.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
    await prisma.order.upsert({
      where: { id: id(ORDER, n) },
      create: {
        id: id(ORDER, n),
        customerId: id(CUSTOMER, customer),
        shippingAddressId: id(ADDRESS, customer),
        status,
        totalCents,
        placedAt: new Date(placedAt),
        lines: { create: priced },
        payments: payment === null ? undefined : {
          create: {
            id: id(PAYMENT, n),
            provider: "testpay",
            providerReference: `tp_${1000 + n}`,
            status: payment,
            amountCents: totalCents,
            cardLast4: "4242",
            capturedAt: payment === "captured" ? new Date(placedAt) : null,
          },
        },
      },
      update: { status },
    });
  }
  await prisma.returnRequest.createMany({
    data: [
      { id: id(RETURN, 0), orderId: id(ORDER, 0), customerId: id(CUSTOMER, 0), status: "received", reason: "One knife too many" },
      { id: id(RETURN, 1), orderId: id(ORDER, 1), customerId: id(CUSTOMER, 1), status: "open", reason: "A lid is dented" },
    ],
    skipDuplicates: true,
  });
  await prisma.auditLog.createMany({
    data: orders.map(({ customer }, n) => ({
      id: id(AUDIT, n),
      actor: `customer:${id(CUSTOMER, customer)}`,
      action: "create",
      tableName: "orders",
      rowId: id(ORDER, n),
    })),
    skipDuplicates: true,
  });
}

const bySku = await seedCatalog();
await seedCustomers();
await seedStock(bySku);
await seedOrders(bySku);
await prisma.$disconnect();
