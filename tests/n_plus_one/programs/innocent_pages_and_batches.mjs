// innocent
//
// Pages turned by a cursor, each with what belongs to it; and a findUnique for each order, all at once, which Prisma's
// client joins to one query.
import { db } from "./shop_client.mjs";

let after;
for (;;) {
  const page = await db.order.findMany({
    orderBy: { id: "asc" },
    take: 3,
    ...(after ? { cursor: { id: after }, skip: 1 } : {}),
    include: { lines: { include: { product: true } } },
  });
  if (page.length === 0) break;
  after = page[page.length - 1].id;
}
const orders = await db.order.findMany({ take: 12 });
const names = await Promise.all(
  orders.map((order) => db.customer.findUnique({ where: { id: order.customerId } }).then((found) => found.name)),
);
console.log(names.length);
await db.$disconnect();
