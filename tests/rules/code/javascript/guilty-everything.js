// guilty: unbounded-find-many
export const exportUsers = async (res) => res.json(await prisma.user.findMany({ include: { orders: true } }));
