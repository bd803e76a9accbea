// Goods that come into a warehouse and leave it.
import type { StockLevel } from "@prisma/client";
import { db } from "./db.js";

/** Goods have arrived from a supplier. */
export async function receiveGoods(
  productId: string,
  warehouseId: string,
  pieces: number,
): Promise<StockLevel> {
  return db.$transaction(async (tx) => {
    const level = await tx.stockLevel.upsert({
      where: { productId_warehouseId: { productId, warehouseId } },
      create: { productId, warehouseId, onHand: pieces },
      update: { onHand: { increment: pieces } },
    });
    await tx.inventoryMovement.create({
      data: { productId, warehouseId, delta: pieces, reason: "purchase" },
    });
    return level;
  });
}

/** One line of an order was taken from the shelf. */
export async function pickLine(orderId: string, lineNo: number, warehouseId: string): Promise<void> {
  await db.$transaction(async (tx) => {
    const line = await tx.orderLine.findUniqueOrThrow({
      where: { orderId_lineNo: { orderId, lineNo } },
    });
    await tx.stockLevel.update({
      where: { productId_warehouseId: { productId: line.productId, warehouseId } },
      data: { onHand: { decrement: line.quantity } },
    });
    await tx.inventoryMovement.create({
      data: {
        productId: line.productId,
        warehouseId,
        orderId,
        delta: -line.quantity,
        reason: "sale",
      },
    });
  });
}

/** What has to be ordered from suppliers. */
export async function toReorder(): Promise<StockLevel[]> {
  return db.stockLevel.findMany({
    where: { onHand: { lte: db.stockLevel.fields.reorderAt } },
    orderBy: [{ warehouseId: "asc" }, { productId: "asc" }],
  });
}
