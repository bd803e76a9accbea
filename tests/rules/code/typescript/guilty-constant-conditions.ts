// guilty: unbounded-find-many
const visible = { deletedAt: null, status: Status.ACTIVE };
export const members = () => prisma.member.findMany({ where: visible, orderBy: { name: "asc" } });
