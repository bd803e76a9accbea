// innocent: query-in-a-loop
export async function names(ids: string[]) {
  const users = await prisma.user.findMany({ where: { id: { in: ids } } });
  const byId = new Map(users.map((user) => [user.id, user]));
  return ids.map((id) => byId.get(id)?.name).filter((name) => name !== undefined);
}
