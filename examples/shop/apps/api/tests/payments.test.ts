import { db } from "../src/db.js";
import { placeOrder } from "../src/orders.js";
import { overdue, recordCapture, refund } from "../src/payments.js";
import { openReturns, requestReturn } from "../src/returns.js";
import { customer, empty, products } from "./data.js";

beforeEach(empty);
afterAll(() => db.$disconnect());

async function ordered() {
  await products("A");
  const { id, addresses } = await customer();
  const order = await placeOrder(id, addresses[0]!.id, [{ sku: "A", quantity: 2 }]);
  const payment = await db.payment.create({
    data: { orderId: order.id, provider: "acme", providerReference: "pi_1", amountCents: order.totalCents },
  });
  return { order, payment, customerId: id };
}

test("a captured payment pays the order", async () => {
  const { order } = await ordered();
  await recordCapture({ providerReference: "pi_1", capturedAt: new Date(), cardLast4: "4242" });
  expect((await db.order.findUniqueOrThrow({ where: { id: order.id } })).status).toBe("paid");
});

test("a refund cancels the order and says so", async () => {
  const { order, payment } = await ordered();
  await refund(payment.id, "support:1");
  expect((await db.order.findUniqueOrThrow({ where: { id: order.id } })).status).toBe("cancelled");
  expect(await db.auditLog.count({ where: { tableName: "payments" } })).toBe(1);
});

test("an order that is old and unpaid is overdue", async () => {
  const { order } = await ordered();
  expect(await overdue(14)).toEqual([]);
  await db.order.update({ where: { id: order.id }, data: { placedAt: new Date("2026-01-01") } });
  expect((await overdue(14)).map((due) => due.order_number)).toEqual([1]);
});

test("a return is open until somebody looks at it", async () => {
  const { order, customerId } = await ordered();
  await requestReturn(order.id, "too small");
  expect((await openReturns(customerId)).map((one) => one.reason)).toEqual(["too small"]);
});
