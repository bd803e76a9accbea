// innocent: unbounded-find-many
export const ofOrder = (orderId: string) => prisma.orderLine.findMany({ where: { orderId } });
export const some = (args: Prisma.UserFindManyArgs) => prisma.user.findMany(args);
export const top = () => prisma.user.findMany({ orderBy: { score: "desc" }, take: 10 });
