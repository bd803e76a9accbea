// The supplier's list as products of ours. Where it comes from and goes to is said in supplier_products.py.
import { type Columns, type Row, SET_ASIDE, isMain, serve } from "./arrow-loop.js";

/** The columns that leave here, as the table has them. */
export const columns: Columns = {
  sku: "text",
  ean13: "text",
  name: "text",
  price_cents: "integer",
  currency: "text",
  is_active: "boolean",
};

const PRICE = /^(\d{1,7})(?:[.,](\d{2}))? (EUR|CHF)$/;

/** Rows in, rows out; the same rows give the same rows, whatever came before. */
export function transform(rows: Row[]): Row[] {
  return rows.map((row) => {
    const price = PRICE.exec(String(row["price"]));
    const ean = typeof row["ean"] === "string" ? row["ean"].replaceAll(" ", "") : null;
    return {
      sku: String(row["sku"]).toUpperCase(),
      ean13: ean,
      name: String(row["title"]).trim(),
      price_cents: price ? Number(price[1]) * 100 + Number(price[2] ?? 0) : null,
      currency: price?.[3] ?? null,
      is_active: row["status"] === "available",
      [SET_ASIDE]: price ? (ean !== null && !isEan13(ean) ? "ean has a wrong check digit" : null) : "price is no price",
    };
  });
}

/** Thirteen digits of which the last makes the weighted sum a multiple of ten. */
function isEan13(text: string): boolean {
  if (!/^\d{13}$/.test(text)) return false;
  const sum = [...text].reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

if (isMain("supplier_products")) void serve(columns, transform);
