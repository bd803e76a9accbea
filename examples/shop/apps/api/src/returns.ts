// Orders that customers send back.
import type { ReturnRequest } from "@prisma/client";
import { db } from "./db.js";

/** What the support desk sees beside a customer's name. */
export async function openReturns(customerId: string): Promise<ReturnRequest[]> {
  return db.returnRequest.findMany({
    where: { customerId, status: "open" },
    orderBy: { createdAt: "asc" },
  });
}

export async function requestReturn(orderId: string, reason: string): Promise<ReturnRequest> {
  const order = await db.order.findUniqueOrThrow({ where: { id: orderId } });
  return db.returnRequest.create({
    data: { orderId, customerId: order.customerId, reason },
  });
}
