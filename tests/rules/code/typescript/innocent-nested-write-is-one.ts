// innocent: writes-outside-a-transaction
export async function place(customerId: string, lines: Line[]) {
  try {
    return await prisma.order.create({ data: { customerId, lines: { create: lines } } });
  } catch (error) {
    await prisma.failedOrder.create({ data: { customerId, reason: String(error) } });
    throw error;
  }
}
