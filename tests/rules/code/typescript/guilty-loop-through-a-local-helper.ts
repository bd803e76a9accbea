// guilty: query-in-a-loop
async function linesOf(orderId: string) {
  return prisma.orderLine.findMany({ where: { orderId }, take: 100 });
}
export async function exportOrders(orders: Order[]) {
  const rows = [];
  for (const { id } of orders) {
    rows.push(...(await linesOf(id)));
  }
  return rows;
}
