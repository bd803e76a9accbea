import { categoryTree, changePrice, productsOf, searchProducts } from "../src/catalog.js";
import { db } from "../src/db.js";
import { empty, products } from "./data.js";

beforeEach(empty);
afterAll(() => db.$disconnect());

test("products of a category come in its order", async () => {
  const all = await products("A", "B", "C");
  const shelf = await db.category.create({ data: { slug: "shelf", name: "Shelf" } });
  await db.productCategory.createMany({
    data: all.map((product, index) => ({ productId: product.id, categoryId: shelf.id, position: -index })),
  });
  expect((await productsOf("shelf")).map((product) => product.sku)).toEqual(["C", "B", "A"]);
  expect(await productsOf("shelf", 1)).toEqual([]);
});

test("the tree has the children of each root", async () => {
  const root = await db.category.create({ data: { slug: "root", name: "Root" } });
  await db.category.create({ data: { slug: "leaf", name: "Leaf", parentId: root.id } });
  const tree = await categoryTree();
  expect(tree.map((category) => category.children.map((child) => child.slug))).toEqual([["leaf"]]);
});

test("products are found by a part of their name", async () => {
  await products("A", "B");
  expect(await searchProducts("product b")).toEqual([{ sku: "B", name: "Product B", price_cents: 200 }]);
});

test("a price changes", async () => {
  await products("A");
  expect((await changePrice("A", 175)).priceCents).toBe(175);
});
