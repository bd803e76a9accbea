// guilty: order_lines
//
// All at once, so that the lookups are spread over the connections of a pool and none of them waits for another.
import { db } from "./shop_client.mjs";

const orders = await db.order.findMany({ orderBy: { placedOn: "asc" }, take: 6 });
const counted = await Promise.all(
  orders.map((order) => db.orderLine.findMany({ where: { orderId: order.id }, orderBy: { id: "asc" } })),
);
console.log(counted.map((lines) => lines.length));
await db.$disconnect();
