import { describe, expect, test } from "@jest/globals";
import { SET_ASIDE } from "./arrow-loop.js";
import { transform } from "./supplier_products.js";

const lamp = { sku: "lmp-1", ean: "4 006381 333931", title: " Lamp ", price: "12,50 EUR", status: "available" };

describe("supplier_products", () => {
  test("a price becomes cents and a currency, a code loses its blanks", () => {
    expect(transform([lamp])).toEqual([
      {
        sku: "LMP-1", ean13: "4006381333931", name: "Lamp", price_cents: 1250, currency: "EUR", is_active: true,
        [SET_ASIDE]: null,
      },
    ]);
  });

  test("a wrong check digit and a price that is none are set aside", () => {
    expect(transform([{ ...lamp, ean: "4006381333932" }])[0]?.[SET_ASIDE]).toBe("ean has a wrong check digit");
    expect(transform([{ ...lamp, price: "on request" }])[0]?.[SET_ASIDE]).toBe("price is no price");
  });
});
