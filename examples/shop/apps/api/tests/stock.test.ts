import { db } from "../src/db.js";
import { placeOrder } from "../src/orders.js";
import { pickLine, receiveGoods, toReorder } from "../src/stock.js";
import { customer, empty, products } from "./data.js";

beforeEach(empty);
afterAll(() => db.$disconnect());

async function shelf() {
  const [product] = await products("A");
  const warehouse = await db.warehouse.create({ data: { code: "ABZ", name: "Aberdeen", countryCode: "GB" } });
  return { product: product!, warehouse };
}

test("goods that arrive are added up", async () => {
  const { product, warehouse } = await shelf();
  await receiveGoods(product.id, warehouse.id, 5);
  expect((await receiveGoods(product.id, warehouse.id, 7)).onHand).toBe(12);
  expect(await db.inventoryMovement.count()).toBe(2);
});

test("a picked line leaves the shelf", async () => {
  const { product, warehouse } = await shelf();
  await receiveGoods(product.id, warehouse.id, 5);
  const { id, addresses } = await customer();
  const order = await placeOrder(id, addresses[0]!.id, [{ sku: "A", quantity: 3 }]);
  await pickLine(order.id, 1, warehouse.id);
  expect((await db.stockLevel.findFirstOrThrow()).onHand).toBe(2);
});

test("what has run low is to be ordered", async () => {
  const { product, warehouse } = await shelf();
  await receiveGoods(product.id, warehouse.id, 5);
  expect(await toReorder()).toEqual([]);
  await db.stockLevel.updateMany({ data: { reorderAt: 5 } });
  expect((await toReorder()).map((level) => level.productId)).toEqual([product.id]);
});
