// innocent: writes-outside-a-transaction
import type { Prisma } from "@prisma/client";
export async function apply(client: Prisma.TransactionClient, id: string) {
  await client.stock.update({ where: { id }, data: { onHand: { decrement: 1 } } });
  await client.movement.create({ data: { stockId: id, delta: -1 } });
}
