// What visitors can look at and search for.
import type { Product } from "@prisma/client";
import { db } from "./db.js";

export async function productsOf(categorySlug: string, page = 0): Promise<Product[]> {
  const shown = await db.productCategory.findMany({
    where: { category: { slug: categorySlug }, product: { isActive: true } },
    include: { product: true },
    orderBy: [{ position: "asc" }, { productId: "asc" }],
    skip: page * 24,
    take: 24,
  });
  return shown.map((entry) => entry.product);
}

export async function categoryTree() {
  return db.category.findMany({
    where: { parentId: null },
    include: { children: { orderBy: { name: "asc" } } },
    orderBy: { name: "asc" },
  });
}

export interface SearchHit {
  sku: string;
  name: string;
  price_cents: number;
}

export async function searchProducts(term: string): Promise<SearchHit[]> {
  return db.$queryRawUnsafe<SearchHit[]>(
    "SELECT sku, name, price_cents FROM products " +
      "WHERE is_active AND name ILIKE '%" + term + "%' ORDER BY name LIMIT 50",
  );
}

export async function changePrice(sku: string, priceCents: number): Promise<Product> {
  return db.product.update({ where: { sku }, data: { priceCents } });
}
