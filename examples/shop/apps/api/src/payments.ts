// What the payment provider tells us, and what it means for the order.
import { record } from "./audit.js";
import { db } from "./db.js";

export interface Captured {
  providerReference: string;
  capturedAt: Date;
  cardLast4?: string;
}

/** The provider has collected the money. */
export async function recordCapture(event: Captured): Promise<void> {
  const payment = await db.payment.findFirstOrThrow({
    where: { providerReference: event.providerReference },
  });

  await db.payment.update({
    where: { id: payment.id },
    data: { status: "captured", capturedAt: event.capturedAt, cardLast4: event.cardLast4 },
  });
  await db.order.update({
    where: { id: payment.orderId },
    data: { status: "paid" },
  });
}

/** Gives the money back and takes the order out of the warehouse's list. */
export async function refund(paymentId: string, actor: string): Promise<void> {
  await db.$transaction(async (tx) => {
    const payment = await tx.payment.update({
      where: { id: paymentId },
      data: { status: "refunded" },
    });
    await tx.order.update({
      where: { id: payment.orderId },
      data: { status: "cancelled" },
    });
    await record(tx, {
      actor,
      action: "update",
      tableName: "payments",
      rowId: payment.id,
      before: { status: "captured" },
      after: { status: "refunded" },
    });
  });
}

export interface Balance {
  order_number: number;
  due_cents: bigint;
}

/** Orders that are older than `days` and not fully paid. */
export async function overdue(days: number): Promise<Balance[]> {
  return db.$queryRaw<Balance[]>`
    SELECT b.order_number, b.due_cents
    FROM order_balance b
    JOIN orders o ON o.id = b.order_id
    WHERE b.due_cents > 0 AND o.placed_at < now() - make_interval(days => ${days}::int)
    ORDER BY o.placed_at`;
}
