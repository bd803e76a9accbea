// guilty: query-in-a-loop
export async function sync(ids: string[]) {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    await prisma.device.update({ where: { id }, data: { seenAt: new Date() } });
  }
}
