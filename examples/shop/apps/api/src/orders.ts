// Placing orders and looking at them.
import type { Order, OrderLine } from "@prisma/client";
import { record } from "./audit.js";
import { db } from "./db.js";

export interface BasketItem {
  sku: string;
  quantity: number;
}

export class UnknownProduct extends Error {
  constructor(readonly sku: string) {
    super(`no product with SKU ${sku} is for sale`);
  }
}

/** Turns a basket into an order at today's prices. */
export async function placeOrder(
  customerId: string,
  shippingAddressId: string,
  basket: BasketItem[],
): Promise<Order> {
  return db.$transaction(async (tx) => {
    const products = await tx.product.findMany({
      where: { sku: { in: basket.map((item) => item.sku) }, isActive: true },
    });
    const bySku = new Map(products.map((product) => [product.sku, product]));

    const lines = [];
    for (const [index, item] of basket.entries()) {
      const product = bySku.get(item.sku);
      if (!product) throw new UnknownProduct(item.sku);
      lines.push({
        lineNo: index + 1,
        productId: product.id,
        quantity: item.quantity,
        unitPriceCents: product.priceCents,
      });
    }

    const order = await tx.order.create({
      data: {
        customerId,
        shippingAddressId,
        totalCents: lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0),
        lines: { create: lines },
      },
    });
    await record(tx, {
      actor: `customer:${customerId}`,
      action: "create",
      tableName: "orders",
      rowId: order.id,
      after: { orderNumber: order.orderNumber, totalCents: order.totalCents },
    });
    return order;
  });
}

export interface OrderWithLines {
  order: Order;
  lines: OrderLine[];
}

/** The orders of a customer, newest first. */
export async function listOrders(customerId: string): Promise<OrderWithLines[]> {
  const orders = await db.order.findMany({
    where: { customerId },
    orderBy: { placedAt: "desc" },
    take: 50,
  });

  const result: OrderWithLines[] = [];
  for (const order of orders) {
    const lines = await db.orderLine.findMany({
      where: { orderId: order.id },
      orderBy: { lineNo: "asc" },
    });
    result.push({ order, lines });
  }
  return result;
}

/** One order with all that the page about it shows. */
export async function showOrder(orderNumber: number) {
  return db.order.findUniqueOrThrow({
    where: { orderNumber },
    include: {
      shippingAddress: true,
      lines: { include: { product: true }, orderBy: { lineNo: "asc" } },
      payments: { orderBy: { createdAt: "asc" } },
    },
  });
}
