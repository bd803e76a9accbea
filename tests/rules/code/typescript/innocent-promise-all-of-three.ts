// innocent: query-in-a-loop
export async function dashboard(owner: string) {
  const [orders, users, open] = await Promise.all([
    prisma.order.count({ where: { owner } }),
    prisma.user.count({ where: { owner } }),
    prisma.order.findMany({ where: { owner, open: true }, take: 20 }),
  ]);
  return { orders, users, open: open.map((order) => order.id) };
}
