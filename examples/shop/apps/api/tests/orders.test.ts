import { db } from "../src/db.js";
import { listOrders, placeOrder, showOrder, UnknownProduct } from "../src/orders.js";
import { customer, empty, products } from "./data.js";

beforeEach(empty);
afterAll(() => db.$disconnect());

async function shopper() {
  const { id, addresses } = await customer();
  return { id, address: addresses[0]!.id };
}

test("an order has today's prices", async () => {
  await products("A", "B");
  const { id, address } = await shopper();
  const order = await placeOrder(id, address, [{ sku: "A", quantity: 2 }, { sku: "B", quantity: 1 }]);
  expect(order.totalCents).toBe(400);
  expect(order.orderNumber).toBe(1);
});

test("an order is recorded in the audit log", async () => {
  await products("A");
  const { id, address } = await shopper();
  const order = await placeOrder(id, address, [{ sku: "A", quantity: 1 }]);
  expect(await db.auditLog.findMany({ select: { action: true, rowId: true } })).toEqual([
    { action: "create", rowId: order.id },
  ]);
});

test("a product that is not for sale cannot be ordered, and nothing is left", async () => {
  await products("A");
  const { id, address } = await shopper();
  await expect(placeOrder(id, address, [{ sku: "X", quantity: 1 }])).rejects.toThrow(UnknownProduct);
  expect(await db.order.count()).toBe(0);
  expect(await db.auditLog.count()).toBe(0);
});

test("a customer's orders are listed with their lines, the newest first", async () => {
  await products("A", "B", "C");
  const { id, address } = await shopper();
  for (const sku of ["A", "B", "C"]) await placeOrder(id, address, [{ sku, quantity: 1 }]);
  const listed = await listOrders(id);
  expect(listed.map(({ order }) => order.orderNumber)).toEqual([3, 2, 1]);
  expect(listed.map(({ lines }) => lines.length)).toEqual([1, 1, 1]);
});

test("an order is shown with its products", async () => {
  await products("A", "B");
  const { id, address } = await shopper();
  await placeOrder(id, address, [{ sku: "B", quantity: 3 }, { sku: "A", quantity: 1 }]);
  const shown = await showOrder(1);
  expect(shown.lines.map((line) => line.product.sku)).toEqual(["B", "A"]);
  expect(shown.shippingAddress.city).toBe("Aberdeen");
});
