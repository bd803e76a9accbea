// innocent: unbounded-find-many
export const recent = (db) => db.query.users.findMany({ limit: 20 });
export const mine = (args = {}) => prisma.user.findMany({ ...args, orderBy: { id: "asc" } });
