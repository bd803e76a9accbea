// guilty: unbounded-find-many
export function users(prisma) {
  const delegate = prisma.user;
  return {
    page: (cursor) => delegate.findMany({ take: 50, cursor: { id: cursor }, orderBy: { id: "asc" } }),
    all: () => delegate.findMany({ include: { orders: true } }),
  };
}
