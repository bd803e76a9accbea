// innocent: query-in-a-loop
export async function* everyOrder(customerId: string) {
  let cursor: string | undefined;
  while (true) {
    const page = await prisma.order.findMany({ where: { customerId }, take: 100, cursor: cursor ? { id: cursor } : undefined });
    if (page.length === 0) return;
    yield* page;
    cursor = page[page.length - 1].id;
  }
}
