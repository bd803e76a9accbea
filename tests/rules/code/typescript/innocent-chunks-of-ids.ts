// innocent: query-in-a-loop
export async function load(ids: string[]) {
  const found = [];
  for (const chunk of chunked(ids, 1000)) {
    found.push(...(await prisma.user.findMany({ where: { id: { in: chunk } } })));
  }
  for (let i = 0; i < ids.length; i += 500) {
    await prisma.visit.createMany({ data: ids.slice(i, i + 500).map((userId) => ({ userId })) });
  }
  return found;
}
